import type { Command } from 'commander';
import { withExample, type CommandContext } from '../command-context.ts';
import { inspectConfig } from '../config.ts';
import { countLevels, reportText } from '../doctor/report-text.ts';
import { runChecks } from '../doctor/run-checks.ts';

export function addDoctorCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('doctor')
    .description(
      'check every dependency and setting, and say how to mend what is wrong; the exit code is 1 when a check failed',
    );
  withExample(command, 'doctor').action(async (options: { json?: true }) => {
    const { output, env } = context;
    const { config, problems } = inspectConfig(env);
    const findings = await runChecks({
      config,
      problems,
      nodeVersion: process.versions.node,
      logger: context.createLogger(config),
    });
    const counts = countLevels(findings);
    if (options.json) output.printJson({ ok: counts.fail === 0, counts, findings });
    else output.print(reportText(findings, output.coloured));
    if (counts.fail > 0) context.markFailed();
  });
}
