import { acquireLock } from './lock.ts';
import type { Output } from './output.ts';
import type { Part } from './parts.ts';
import { assertPortFree, type PortUse } from './ports.ts';
import { settledWithin } from './processes.ts';
import { createStack, type Stack } from './stack.ts';
import { StartError } from './start-error.ts';
import { listenForStop, type StopRequests } from './stop-request.ts';
import type { RestartPolicy } from './supervisor.ts';

const REPORTER = 'nexmdm';
/** How long what a killed launcher left behind may still hold the ports. */
const LEFTOVERS_MS = 20_000;
const KILL_MS = 5_000;

export interface LaunchPlan {
  readonly dataDir: string;
  readonly ports: readonly PortUse[];
  /** Called when the data folder is ours and the ports are free. */
  createParts(): Promise<readonly Part[]>;
  /** Called once every part is ready. */
  onReady(output: Output): void;
  /** Called after everything has stopped, or failed to start. */
  onStopped(): Promise<void>;
  readonly policy?: RestartPolicy;
}

/**
 * Runs the plan until somebody asks to stop.
 *
 * @returns the exit code: 0 after an orderly stop, 1 when it did not start or was forced to stop
 */
export async function launch(plan: LaunchPlan, output: Output): Promise<number> {
  const requests = listenForStop();
  try {
    const lock = await acquireLock(plan.dataDir);
    try {
      const graceMs = lock.previousDied ? LEFTOVERS_MS : 0;
      for (const use of plan.ports) await assertPortFree(use, { graceMs, signal: requests.stop });
      return await run(plan, requests, output);
    } finally {
      await lock.release();
    }
  } catch (error) {
    if (requests.stop.aborted && !(error instanceof StartError)) return 0;
    output.error(explain(error));
    return 1;
  } finally {
    requests.dispose();
  }
}

async function run(plan: LaunchPlan, requests: StopRequests, output: Output): Promise<number> {
  const stack = createStack({
    parts: await plan.createParts(),
    writeLine: (source, line) => output.line(source, line),
    reporter: REPORTER,
    ...(plan.policy && { policy: plan.policy }),
  });
  const stopRequested = whenAborted(requests.stop);
  let orderly = false;
  try {
    await Promise.race([stack.start(), stopRequested]);
    if (!requests.stop.aborted) plan.onReady(output);
    await stopRequested;
    output.line(REPORTER, 'stopping (once more to end everything at once)');
  } finally {
    orderly = await stopStack(stack, requests);
    await plan.onStopped();
  }
  output.line(REPORTER, orderly ? 'stopped' : 'ended everything at once');
  return orderly ? 0 : 1;
}

/** False when it had to be forced. */
async function stopStack(stack: Stack, requests: StopRequests): Promise<boolean> {
  const orderly = await Promise.race([
    stack.stop().then(() => true),
    whenAborted(requests.kill).then(() => false),
  ]);
  if (!orderly) await settledWithin(stack.kill(), KILL_MS);
  return orderly;
}

const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** A start that failed for a known reason needs no stack trace; a mistake of ours does. */
function explain(error: unknown): string {
  if (error instanceof StartError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
