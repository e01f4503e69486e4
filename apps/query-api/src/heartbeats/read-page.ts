import { bucketPage } from './bucket-page.ts';
import type { CursorCodec } from '@nexmdm/service';
import type { HistoryReader } from './history-reader.ts';
import { bucketPlaceSchema, heartbeatPlaceSchema } from './schema.ts';

export interface PageDeps {
  cursors: CursorCodec;
  history: HistoryReader;
}

export interface PageRequest {
  from: Date;
  to: Date;
  limit: number;
  cursor?: string | undefined;
}

export interface HistoryPage {
  /** The answer but for its pagination. */
  content: object;
  /** The cursor of the next page; null after the last. */
  next: string | null;
}

/** Reads a page of the history of a device; its cursor has been checked. */
export type PageReader = (deviceId: string) => Promise<HistoryPage>;

/**
 * A page of single heartbeats.
 *
 * @throws HttpProblem 400 for a cursor of another list
 */
export function heartbeatPage({ cursors, history }: PageDeps, request: PageRequest): PageReader {
  const { limit, cursor, ...range } = request;
  const place = cursor === undefined ? undefined : cursors.decode(cursor, heartbeatPlaceSchema);
  return async (deviceId) => {
    const rows = await history.listHeartbeats({
      deviceId,
      ...range,
      before: place?.before,
      limit: limit + 1,
    });
    const heartbeats = rows.slice(0, limit);
    const last = rows.length > limit ? heartbeats.at(-1) : undefined;
    return {
      content: { heartbeats },
      next: last === undefined ? null : cursors.encode({ before: last.ts.toISOString() }),
    };
  };
}

/**
 * A page of buckets.
 *
 * @throws HttpProblem 400 for a cursor of another list, or of buckets of another length
 */
export function heartbeatBucketPage(
  { cursors, history }: PageDeps,
  request: PageRequest,
  resolutionSeconds: number,
): PageReader {
  const { limit, cursor, ...range } = request;
  const place =
    cursor === undefined ? undefined : cursors.decode(cursor, bucketPlaceSchema(resolutionSeconds));
  return async (deviceId) => {
    const page = bucketPage({ ...range, resolutionSeconds }, limit, new Date(), place?.bucket);
    const heartbeats = await history.listHeartbeatBuckets({
      deviceId,
      from: page.from,
      to: page.to,
      resolutionSeconds,
    });
    const next =
      page.next === null
        ? null
        : cursors.encode({
            bucket: page.next.toISOString(),
            resolution: String(resolutionSeconds),
          });
    return { content: { resolution_seconds: resolutionSeconds, heartbeats }, next };
  };
}
