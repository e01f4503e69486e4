import path from 'node:path';
import { parseConfig, readEnvironment } from './config.ts';
import { launch } from './launch.ts';
import { planLocal } from './local-plan.ts';
import { openOutput } from './output.ts';
import { messageOf } from './start-error.ts';

const OLDEST_NODE = 24;

async function main(): Promise<number> {
  const output = openOutput();
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
    output.error(
      `Node.js ${process.versions.node} is too old for the services. Start with ` +
        '`npx --yes pnpm start`, which brings its own.',
    );
    return 1;
  }
  const repositoryRoot = path.resolve(import.meta.dirname, '../../..');
  let plan;
  try {
    plan = planLocal(parseConfig(readEnvironment(), repositoryRoot));
  } catch (error) {
    output.error(messageOf(error));
    return 1;
  }
  return launch(plan, output);
}

// Not merely set: nothing that is still open may keep a stopped launcher alive.
process.exit(await main());
