import { ping, type Database } from '@nexmdm/db';
import type { Kysely } from 'kysely';
import { summarise } from '../latencies.ts';
import type { ApiClient } from '../servers/api-client.ts';
import { measureFast, measureLegacy, type LegacyMeasurement } from './measure.ts';
import { prepareQuestions, type Question } from './questions.ts';
import { resultOf, type ReadsReport } from './report.ts';

const FLAG = 'read-from-last-status';
const WARM_UP = 50;

export interface MeasureOptions {
  devices: number;
  /** Fast requests of each kind. */
  requests: number;
  /** How long each kind is asked the legacy way. */
  legacySeconds: number;
}

/** Asks everything the fast way first, then, with the kill switch thrown, the legacy way. */
export async function measureReads(
  { devices, requests, legacySeconds }: MeasureOptions,
  api: ApiClient,
  db: Kysely<Database>,
  report: (step: string) => void,
): Promise<Pick<ReadsReport, 'floor' | 'results'>> {
  report('looking for what to ask');
  const questions = await prepareQuestions(api, db, devices);
  const measured: { question: Question; fast: Awaited<ReturnType<typeof measureFast>> }[] = [];
  for (const question of questions) {
    report(`fast: ${question.query}, ${question.request}`);
    measured.push({ question, fast: await measureFast(api, question, requests) });
  }
  // Now that the process has warmed up.
  report('the floor');
  const floor = await measureFloor(requests, api, db);
  const legacy = new Map<Question, LegacyMeasurement>();
  await api.setFlag(FLAG, false);
  const limits = { seconds: legacySeconds, maxRequests: requests };
  for (const { question, fast } of measured.filter((one) => one.question.legacy)) {
    report(`legacy: ${question.query}, ${question.request}`);
    legacy.set(question, await measureLegacy(api, fast.answers, limits));
  }
  await api.setFlag(FLAG, null);
  return {
    floor,
    results: measured.map(({ question, fast }) =>
      resultOf(question, fast, legacy.get(question), floor.p50_ms),
    ),
  };
}

async function measureFloor(
  requests: number,
  api: ApiClient,
  db: Kysely<Database>,
): Promise<ReadsReport['floor']> {
  const livez = await sample(requests, async () => (await api.get('/livez')).milliseconds);
  const select = await sample(requests, async () => {
    const started = performance.now();
    await ping(db);
    return performance.now() - started;
  });
  const p50 = Math.round((livez.p50_ms + select.p50_ms) * 100) / 100;
  return { livez, select_1: select, p50_ms: p50 };
}

async function sample(requests: number, measure: () => Promise<number>) {
  for (let number = 0; number < WARM_UP; number += 1) await measure();
  const milliseconds: number[] = [];
  while (milliseconds.length < requests) milliseconds.push(await measure());
  return summarise(milliseconds);
}
