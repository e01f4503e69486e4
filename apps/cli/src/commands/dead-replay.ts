import {
  countDeadLetterHeartbeats,
  countDeadLetters,
  findDeadLetter,
  listDeadLetters,
  replayDeadLetter,
  StreamProducer,
  type DeadLetter,
  type StreamRedis,
} from '@nexmdm/stream';
import type { CommandContext } from '../command-context.ts';
import { CommandError, requireSetting } from '../command-error.ts';
import { explainError } from '../explain-error.ts';
import { printable } from '../text-table.ts';
import { withRedis } from '../with-redis.ts';

export interface ReplayDeadOptions {
  all?: true;
  dryRun?: true;
  json?: true;
}

/** What became of one dead letter: its heartbeats are back in the streams, or why not. */
type ReplayResult = { id: string; heartbeats: number } | { id: string; error: string };

const PAGE = 100;
const STREAM_ID = /^\d{1,20}-\d{1,20}$/;

/** @throws CommandError when it isn't said which, or Redis can't be used */
export async function replayDead(
  ids: readonly string[],
  options: ReplayDeadOptions,
  context: CommandContext,
): Promise<void> {
  checkChoice(ids, options);
  const { output } = context;
  const config = context.readConfig();
  const redisUse = {
    url: requireSetting(config.redisUrl, 'REDIS_URL'),
    name: 'nexmdm-dead',
    logger: context.createLogger(config),
  };
  const results = await withRedis(redisUse, async (redis) => {
    const producer = new StreamProducer({ redis, shards: config.streamShards });
    const replay = async (letter: DeadLetter) =>
      options.dryRun
        ? countDeadLetterHeartbeats(letter)
        : replayDeadLetter(redis, producer, letter);
    const done: ReplayResult[] = [];
    for await (const { id, letter } of options.all ? allLetters(redis) : namedLetters(redis, ids)) {
      const result = await attempt(id, letter, replay);
      done.push(result);
      if (!options.json) output.print(describe(result, options.dryRun === true));
    }
    return done;
  });
  const failed = results.filter((result) => 'error' in result).length;
  if (options.json) {
    output.printJson({ dry_run: options.dryRun === true, results, failed });
  } else {
    output.note(summary(results.length, failed, options.dryRun === true));
  }
  if (failed > 0) context.markFailed();
}

function checkChoice(ids: readonly string[], { all }: ReplayDeadOptions): void {
  if (ids.length > 0 === (all === true)) {
    throw new CommandError('Say which: the ids that "nexmdm dead list" shows, or --all.');
  }
  const wrong = ids.find((id) => !STREAM_ID.test(id));
  if (wrong === undefined) return;
  throw new CommandError(
    `"${wrong}" is not the id of a dead letter; "nexmdm dead list" shows them, such as 1795423267512-0.`,
  );
}

interface Candidate {
  id: string;
  letter: DeadLetter | undefined;
}

/**
 * Those there are now, the oldest first. What the database refuses again comes back behind them as a
 * new letter and isn't tried once more.
 */
async function* allLetters(redis: StreamRedis): AsyncGenerator<Candidate> {
  let left = await countDeadLetters(redis);
  let after: string | undefined;
  while (left > 0) {
    const letters = await listDeadLetters(redis, Math.min(PAGE, left), after);
    if (letters.length === 0) return;
    for (const letter of letters) yield { id: letter.id, letter };
    left -= letters.length;
    after = letters.at(-1)?.id;
  }
}

async function* namedLetters(
  redis: StreamRedis,
  ids: readonly string[],
): AsyncGenerator<Candidate> {
  for (const id of new Set(ids)) yield { id, letter: await findDeadLetter(redis, id) };
}

async function attempt(
  id: string,
  letter: DeadLetter | undefined,
  replay: (letter: DeadLetter) => Promise<number>,
): Promise<ReplayResult> {
  if (letter === undefined) return { id, error: 'there is no dead letter with this id' };
  try {
    return { id, heartbeats: await replay(letter) };
  } catch (error) {
    return { id, error: explainError(error) };
  }
}

function describe(result: ReplayResult, dryRun: boolean): string {
  if ('error' in result) return `${result.id}  failed, stays: ${printable(result.error)}`;
  const { id, heartbeats } = result;
  return `${id}  ${heartbeats} heartbeat${heartbeats === 1 ? '' : 's'} ${dryRun ? 'would be put' : 'put'} back`;
}

function summary(count: number, failed: number, dryRun: boolean): string {
  if (count === 0) return 'There are no dead letters.';
  const what = dryRun ? 'can be replayed; nothing was changed' : 'replayed';
  return `${count - failed} of ${count} ${what}`;
}
