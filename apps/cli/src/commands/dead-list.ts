import { countDeadLetters, listDeadLetters, type DeadLetter } from '@nexmdm/stream';
import type { CommandContext } from '../command-context.ts';
import { requireSetting } from '../command-error.ts';
import { textTable } from '../text-table.ts';
import { withRedis } from '../with-redis.ts';

export interface ListDeadOptions {
  limit: number;
  json?: true;
}

const HEADINGS = ['ID', 'SINCE', 'REASON', 'SHARD', 'ENTRY', 'BYTES', 'DETAIL'];
const DETAIL_LENGTH = 100;

export async function listDead(options: ListDeadOptions, context: CommandContext): Promise<void> {
  const { output } = context;
  const config = context.readConfig();
  const redisUse = {
    url: requireSetting(config.redisUrl, 'REDIS_URL'),
    name: 'nexmdm-dead',
    logger: context.createLogger(config),
  };
  const { letters, total } = await withRedis(redisUse, async (redis) => ({
    letters: await listDeadLetters(redis, options.limit),
    total: await countDeadLetters(redis),
  }));
  if (options.json) {
    output.printJson({ dead_letters: letters.map(letterView), total });
    return;
  }
  if (letters.length > 0) output.print(textTable(HEADINGS, letters.map(tableRow)));
  output.note(
    total === 0 ? 'There are no dead letters.' : `${letters.length} of ${total} dead letters`,
  );
}

function letterView(letter: DeadLetter): Record<string, unknown> {
  const { id, reason, detail, shard, entryId, version, payload } = letter;
  return { id, since: sinceText(id), reason, detail, shard, entry_id: entryId, version, payload };
}

function tableRow(letter: DeadLetter): (string | number)[] {
  const { id, reason, detail, shard, entryId, payload } = letter;
  const short = detail.length > DETAIL_LENGTH ? `${detail.slice(0, DETAIL_LENGTH)}…` : detail;
  return [id, sinceText(id), reason, shard, entryId, Buffer.byteLength(payload), short];
}

/** The id of a stream's entry begins with the millisecond at which it was added. */
function sinceText(id: string): string {
  return new Date(Number.parseInt(id, 10)).toISOString();
}
