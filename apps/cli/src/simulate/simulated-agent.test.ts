import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { waitFor } from '@nexmdm/testing';
import { createDeviceProfile } from './device-profile.ts';
import type { FleetMember } from './fleet-member.ts';
import type { QueuedHeartbeat } from './heartbeat-queue.ts';
import type { IngestAnswer } from './ingest-answer.ts';
import { createRandom } from './random.ts';
import { SimulatedAgent, type AgentBehaviour } from './simulated-agent.ts';
import { SimulatedDevice } from './simulated-device.ts';
import { Tally } from './tally.ts';
import { Timeline } from './timeline.ts';

const ACCEPTED: IngestAnswer = { outcome: 'accepted', rejected: 0 };
const LATER: IngestAnswer = { outcome: 'later', error: 'http_503', waitMs: 5 };
const UNKNOWN: IngestAnswer = { outcome: 'unknown_device', error: 'http_401' };

let timeline: Timeline;
let tally: Tally;

beforeEach(() => {
  timeline = new Timeline();
  tally = new Tally();
});

afterEach(() => {
  timeline.stop();
});

interface Setup {
  answer: (
    heartbeats: readonly QueuedHeartbeat[],
    token: string,
  ) => IngestAnswer | Promise<IngestAnswer>;
  behaviour?: Partial<AgentBehaviour>;
  confirmed?: boolean;
}

function startAgent({ answer, behaviour = {}, confirmed = true }: Setup): SimulatedAgent {
  const credentials = { alias: 'sim-0001', deviceId: 'd', token: 'first' };
  const member: FleetMember = { index: 0, profile: createDeviceProfile(0), credentials, confirmed };
  const device = new SimulatedDevice(member, createRandom(1), 0);
  const agent = new SimulatedAgent(
    member,
    {
      // Ten seconds apart by the device's clock would be too long for a test; one a slot is kept.
      intervalMs: 10,
      firstAt: timeline.now,
      firstGapMs: 10,
      losesNetwork: false,
      replayAtOnce: 1,
      ...behaviour,
    },
    {
      timeline,
      tally,
      device,
      random: createRandom(2),
      send: async (heartbeats) => answer(heartbeats, member.credentials.token),
      backoffMs: (failures) => 2 * failures,
      registerAnew: async () => {
        tally.reRegistered += 1;
        member.credentials = { ...member.credentials, token: 'second' };
        member.confirmed = true;
        return true;
      },
    },
  );
  agent.start();
  return agent;
}

/** Every heartbeat that was taken has exactly one fate. */
function expectNothingLost(agent: SimulatedAgent): void {
  const { coalesced, overflowed, expired } = agent.losses;
  const { accepted, rejected } = tally;
  expect(accepted + rejected + agent.queued + coalesced + overflowed + expired).toBe(tally.taken);
}

describe('SimulatedAgent', () => {
  test('sends each heartbeat at its time', async () => {
    // Far enough apart that a busy machine doesn't make two of them due at once.
    const agent = startAgent({ answer: () => ACCEPTED, behaviour: { intervalMs: 1_000 } });
    await waitFor('some heartbeats', () => tally.accepted >= 3);
    expect(tally.replayed).toBe(0);
    expect(tally.errorCount).toBe(0);
    expectNothingLost(agent);
  });

  test('queues what the server turns away, and replays it when the server said', async () => {
    let turnedAway = 0;
    const agent = startAgent({
      answer: () => {
        turnedAway += 1;
        return turnedAway <= 3 ? LATER : ACCEPTED;
      },
    });
    await waitFor('a replay', () => tally.replayed >= 1);
    expect(tally.errors.get('http_503')).toBe(3);
    expectNothingLost(agent);
  });

  test('gives up what the server will never take, and goes on', async () => {
    let sent = 0;
    const agent = startAgent({
      answer: () => {
        sent += 1;
        return sent === 1 ? { outcome: 'rejected', error: 'http_422' } : ACCEPTED;
      },
    });
    await waitFor('the heartbeats after it', () => tally.accepted >= 3);
    expect(tally.rejected).toBe(1);
    expect(tally.errors.get('http_422')).toBe(1);
    expectNothingLost(agent);
  });

  test('is locked out by five 401 in a row, as the agent is', async () => {
    const agent = startAgent({ answer: () => UNKNOWN });
    await waitFor('the lock-out', () => tally.lockedOut === 1);
    expect(tally.errors.get('http_401')).toBe(5);
    expect(agent.online).toBe(false);
    expectNothingLost(agent);
  });

  test('stops when it was deleted', async () => {
    const agent = startAgent({
      answer: () => ({ outcome: 'deleted_device', error: 'http_410' }),
    });
    await waitFor('the deletion', () => tally.deleted === 1);
    expect(agent.online).toBe(false);
    expectNothingLost(agent);
  });

  test('registers anew when a token of an earlier run is refused, and loses nothing', async () => {
    const tokens = new Set<string>();
    const agent = startAgent({
      confirmed: false,
      answer: (_heartbeats, token) => {
        tokens.add(token);
        return token === 'first' ? UNKNOWN : ACCEPTED;
      },
    });
    await waitFor('heartbeats with the new token', () => tally.accepted >= 3);
    expect(tally.reRegistered).toBe(1);
    expect(tally.errorCount).toBe(0);
    expect([...tokens]).toEqual(['first', 'second']);
    expectNothingLost(agent);
  });

  test('queues while it is offline and replays when it is back', async () => {
    const agent = startAgent({ answer: () => ACCEPTED, behaviour: { losesNetwork: true } });
    await waitFor('the network to be lost', () => !agent.online);
    const before = tally.requests;
    await waitFor('a replay', () => tally.replayed >= 1);
    expect(agent.online).toBe(true);
    expect(tally.requests).toBe(before);
    expectNothingLost(agent);
  });

  test('shows the wait of heartbeats that come while the server is slow', async () => {
    const slow = Promise.withResolvers<IngestAnswer>();
    let sent = 0;
    const agent = startAgent({
      answer: () => {
        sent += 1;
        return sent === 1 ? slow.promise : ACCEPTED;
      },
    });
    await waitFor('more heartbeats', () => tally.taken >= 10);
    slow.resolve(ACCEPTED);
    await waitFor('the answers', () => tally.accepted >= 2);
    expect(tally.latency.maxMs).toBeGreaterThan(50);
    expectNothingLost(agent);
  });

  test('replays a queue with one request when it is told to', async () => {
    const sizes: number[] = [];
    let sent = 0;
    const agent = startAgent({
      behaviour: { replayAtOnce: 500 },
      answer: (heartbeats) => {
        sizes.push(heartbeats.length);
        sent += 1;
        return sent === 1 ? LATER : ACCEPTED;
      },
    });
    await waitFor('a replay', () => tally.replayed >= 1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
    expectNothingLost(agent);
  });
});
