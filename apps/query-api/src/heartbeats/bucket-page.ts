import { bucketStart } from '@nexmdm/db';

export interface BucketRange {
  from: Date;
  to: Date;
  resolutionSeconds: number;
}

export interface BucketPage {
  /** The time that the page's buckets cover; nothing of it when it doesn't begin before it ends. */
  from: Date;
  to: Date;
  /** The start of the page's oldest bucket; null when no bucket of the range is older. */
  next: Date | null;
}

/**
 * Which part of a range a page of its buckets covers, newest first. The range's newest bucket is
 * the one that `now` is in; a heartbeat that a fast clock puts after it is not shown yet.
 *
 * @param before the start of the oldest bucket of the page before
 */
export function bucketPage(
  range: BucketRange,
  limit: number,
  now: Date,
  before: Date | undefined,
): BucketPage {
  const { from, resolutionSeconds } = range;
  const widthMs = resolutionSeconds * 1_000;
  const end = Math.min(range.to.getTime(), before?.getTime() ?? now.getTime() + 1);
  if (end <= from.getTime()) return { from, to: from, next: null };
  const newest = bucketStart(end - 1, resolutionSeconds).getTime();
  const oldest = Math.max(
    bucketStart(from.getTime(), resolutionSeconds).getTime(),
    newest - (limit - 1) * widthMs,
  );
  return {
    from: new Date(Math.max(from.getTime(), oldest)),
    to: new Date(Math.min(range.to.getTime(), newest + widthMs)),
    next: oldest > from.getTime() ? new Date(oldest) : null,
  };
}
