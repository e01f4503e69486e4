import type { CliConfig } from '../config.ts';
import { findingsOf, type Finding } from './finding.ts';

const { ok, fail } = findingsOf('settings');
const START = 'set it, or run "npx --yes pnpm start", which sets it for the local stack';

/** @param problems what is wrong with those that are set, each beginning with the name */
export function checkSettings(config: CliConfig, problems: readonly string[]): Finding[] {
  const bad = problems.map((problem) => {
    const [name = '', ...rest] = problem.split(': ');
    return fail(name, rest.join(': '), `correct or remove ${name} where it is set`);
  });
  const required = [
    ['ADMIN_KEY', config.adminKey],
    ['DATABASE_URL', config.databaseUrl],
    ['REDIS_URL', config.redisUrl],
  ] as const;
  const missing = required
    .filter(([name, value]) => value === undefined && !bad.some(({ check }) => check === name))
    .map(([name]) => fail(name, 'is not set', START));
  const findings = [...bad, ...missing];
  return findings.length > 0 ? findings : [ok('settings', 'all are set and valid')];
}
