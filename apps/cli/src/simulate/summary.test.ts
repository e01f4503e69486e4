import { expect, test } from '@jest/globals';
import { progressText, summaryText } from './summary-text.ts';
import { summarize, type FleetSnapshot } from './summary.ts';
import { Tally } from './tally.ts';

function snapshotOf(tally: Tally): FleetSnapshot {
  const losses = { coalesced: 2, overflowed: 0, expired: 0 };
  return { devices: 10, online: 9, queued: 1, losses, elapsedSeconds: 10, tally };
}

function tallyOf(accepted: number, errors: number, latencyMs: number): Tally {
  const tally = new Tally();
  tally.requests = accepted + errors;
  tally.accepted = accepted;
  for (let index = 0; index < accepted; index += 1) tally.latency.record(latencyMs);
  if (errors > 0) tally.countError('http_503', errors);
  return tally;
}

test('targets are met by a fleet that is well', () => {
  const summary = summarize(snapshotOf(tallyOf(1_000, 4, 10)), 7);
  expect(summary.ok).toBe(true);
  expect(summary).toMatchObject({ accepted_per_second: 100, queued: 1, coalesced: 2, seed: 7 });
  expect(summaryText(summary)).toContain('1 still queued, 2 coalesced');
});

test('each target can be missed', () => {
  const missed = (tally: Tally) =>
    summarize(snapshotOf(tally), 1)
      .targets.filter(({ met }) => !met)
      .map(({ name }) => name);
  expect(missed(tallyOf(100, 0, 200))).toEqual(['p95 ms']);
  expect(missed(tallyOf(100, 0, 400))).toEqual(['p95 ms', 'p99 ms']);
  expect(missed(tallyOf(199, 1, 1))).toEqual(['errors %']);
  const lockedOut = tallyOf(100, 0, 1);
  lockedOut.lockedOut = 1;
  expect(missed(lockedOut)).toEqual(['devices locked out']);
});

test('nothing sent is nothing missed', () => {
  const summary = summarize(snapshotOf(new Tally()), 1);
  expect(summary).toMatchObject({ ok: true, targets: [], latency_ms: null });
  expect(summaryText(summary)).toContain('nothing was sent');
});

test('the progress is one line', () => {
  const text = progressText(snapshotOf(tallyOf(1_000, 1, 10)));
  expect(text).toMatch(/^10 s \| 9 of 10 devices online, 1 without network \| 1,000 accepted/);
  expect(text).not.toContain('\n');
});
