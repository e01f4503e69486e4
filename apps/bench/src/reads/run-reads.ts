import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, totalmem } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase } from '@nexmdm/db';
import { BenchError } from '../bench-error.ts';
import { checkSpace } from '../fleet/check-space.ts';
import { describeDatabase } from '../fleet/describe-database.ts';
import { fillConnections, fillDatabase } from '../fleet/fill-database.ts';
import { planFleet } from '../fleet/fleet-plan.ts';
import type { BenchContext } from '../run-bench.ts';
import { ApiClient } from '../servers/api-client.ts';
import { Cleanup } from '../servers/cleanup.ts';
import { startPrivatePostgres } from '../servers/private-postgres.ts';
import { startQueryApi } from '../servers/query-api.ts';
import { measureReads, type MeasureOptions } from './measure-reads.ts';
import { answersAgree, targetsMet, type ReadsReport } from './report.ts';

export interface ReadsOptions extends MeasureOptions {
  days: number;
  /** Seconds between the heartbeats of a device. */
  interval: number;
  seed: number;
  /** Where the temporary database is made. */
  folder: string;
  /** Whether a missed target is a failure. */
  judged: boolean;
}

const REPOSITORY = path.resolve(import.meta.dirname, '../../../..');
const CONNECT_TIMEOUT_MS = 5_000;
const STOPPED_WITHIN_MS = 20_000;

/**
 * Makes a fleet in a PostgreSQL of its own and measures a query API on it. Nothing of it is left,
 * whether it ends, fails or is stopped.
 *
 * @throws BenchError, StartError
 */
export async function runReads(options: ReadsOptions, context: BenchContext): Promise<ReadsReport> {
  const cleanup = new Cleanup((error) => {
    context.note(`cleaning up: ${String(error)}`);
  });
  const folder = await makeFolder(options.folder);
  const stopped = new Promise<never>((_resolve, reject) => {
    const stop = () => {
      reject(new Error('stopped'));
    };
    if (context.stop.aborted) stop();
    else context.stop.addEventListener('abort', stop, { once: true });
  });
  const work = measure(options, context, folder, cleanup);
  try {
    return await Promise.race([work, stopped]);
  } finally {
    await cleanup.run();
    // What is under way ends with its servers, and may have started another one meanwhile.
    const settled = work.catch(() => undefined);
    await Promise.race([settled, delay(STOPPED_WITHIN_MS)]);
    await cleanup.run();
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeFolder(parent: string): Promise<string> {
  try {
    return await mkdtemp(path.join(parent, 'nexmdm-bench-'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BenchError(`No folder can be made in ${parent} (--folder): ${reason}`, { cause });
  }
}

async function measure(
  options: ReadsOptions,
  { env, stop, note }: BenchContext,
  folder: string,
  cleanup: Cleanup,
): Promise<ReadsReport> {
  const started = performance.now();
  const report = (step: string) => {
    if (stop.aborted) throw new Error('stopped');
    note(`${((performance.now() - started) / 1_000).toFixed(1).padStart(6)} s  ${step}`);
  };
  const loadBefore = Math.round((loadavg()[0] ?? 0) * 10) / 10;
  const plan = planFleet({ ...options, intervalSeconds: options.interval }, Date.now());
  await checkSpace(folder, plan);
  report(`starting PostgreSQL in ${folder}`);
  const postgres = await startPrivatePostgres(folder, stop);
  // Its data isn't worth an orderly stop.
  cleanup.add(() => postgres.kill());
  const database = openDatabase({
    url: postgres.url,
    poolMax: fillConnections(),
    applicationName: 'nexmdm-bench',
    statementTimeoutMs: 0,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    onConnectionError: () => {},
  });
  cleanup.add(() => database.close());
  const { db } = database;
  const heartbeats = await fillDatabase(db, plan, path.join(REPOSITORY, 'migrations'), report);

  report('starting the query API');
  const queryApi = await startQueryApi(
    {
      repository: REPOSITORY,
      env,
      databaseUrl: postgres.url,
      heartbeatIntervalSeconds: plan.serviceIntervalSeconds,
      note,
    },
    stop,
  );
  cleanup.add(() => queryApi.process.stop());
  const api = new ApiClient({ ...queryApi, stop });
  cleanup.add(async () => {
    api.close();
  });
  const { bytes, version } = await describeDatabase(db);
  const { floor, results } = await measureReads(options, api, db, report);
  const passed = answersAgree(results) && (!options.judged || targetsMet(results));
  return {
    fleet: {
      devices: options.devices,
      days: options.days,
      interval_seconds: options.interval,
      seed: options.seed,
      heartbeats,
      database_bytes: bytes,
    },
    machine: {
      cpus: availableParallelism(),
      memory_bytes: totalmem(),
      load_before: loadBefore,
      node: process.versions.node,
      postgres: version,
    },
    floor,
    results,
    judged: options.judged,
    passed,
  };
}
