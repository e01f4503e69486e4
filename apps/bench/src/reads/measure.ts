import { BenchError } from '../bench-error.ts';
import { summarise, type Latencies } from '../latencies.ts';
import { RefusedError, type Answer, type ApiClient } from '../servers/api-client.ts';
import type { Question } from './questions.ts';
import { sameAnswer } from './same-answer.ts';

/** So many different answers of a question are kept to be compared. */
const COMPARED_MAX = 20;
const WARM_UP_MAX = 50;
const LEGACY_MIN = 3;

export interface FastMeasurement {
  latencies: Latencies;
  /** By path. */
  answers: ReadonlyMap<string, string>;
}

export interface LegacyMeasurement {
  /** Null when there was no answer at all. */
  latencies: Latencies | null;
  /** Paths that were answered otherwise than the fast way. */
  differing: string[];
  /** Why there are not as many as there should be. */
  error: string | null;
}

/** @throws BenchError when an answer isn't 200 */
export async function measureFast(
  api: ApiClient,
  question: Question,
  requests: number,
): Promise<FastMeasurement> {
  const answers = new Map<string, string>();
  const ask = async (number: number) => {
    const path = pathOf(question.paths, number);
    const answer = await getReadBy('fast', api, path);
    if (answers.size < COMPARED_MAX) answers.set(path, answer.text);
    return answer.milliseconds;
  };
  for (let number = 0; number < Math.min(requests, WARM_UP_MAX); number += 1) await ask(number);
  const milliseconds: number[] = [];
  while (milliseconds.length < requests) milliseconds.push(await ask(milliseconds.length));
  return { latencies: summarise(milliseconds), answers };
}

/**
 * Asks what was asked the fast way, and compares.
 *
 * @param limits asks until the time is over, `LEGACY_MIN` times at least, `maxRequests` times at most
 */
export async function measureLegacy(
  api: ApiClient,
  fastAnswers: ReadonlyMap<string, string>,
  limits: { seconds: number; maxRequests: number },
): Promise<LegacyMeasurement> {
  const paths = [...fastAnswers.keys()];
  const deadline = performance.now() + limits.seconds * 1_000;
  const milliseconds: number[] = [];
  const differing = new Set<string>();
  let error: string | null = null;
  const enough = () =>
    milliseconds.length >= LEGACY_MIN &&
    (milliseconds.length >= limits.maxRequests || performance.now() >= deadline);
  while (error === null && !enough()) {
    const path = pathOf(paths, milliseconds.length);
    try {
      const answer = await getReadBy('legacy', api, path);
      milliseconds.push(answer.milliseconds);
      if (!sameAnswer(fastAnswers.get(path) ?? '', answer.text)) differing.add(path);
    } catch (cause) {
      if (!(cause instanceof RefusedError)) throw cause;
      error = cause.message;
    }
  }
  return {
    latencies: milliseconds.length === 0 ? null : summarise(milliseconds),
    differing: [...differing],
    error,
  };
}

async function getReadBy(
  expected: 'fast' | 'legacy',
  api: ApiClient,
  path: string,
): Promise<Answer> {
  const answer = await api.get(path);
  if (answer.readPath !== undefined && answer.readPath !== expected) {
    throw new BenchError(
      `GET ${path} was read the ${answer.readPath} way, not the ${expected} way`,
    );
  }
  return answer;
}

function pathOf(paths: readonly string[], number: number): string {
  const path = paths[number % paths.length];
  if (path === undefined) throw new BenchError('there is nothing to ask for');
  return path;
}
