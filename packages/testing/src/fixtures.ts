import { readFileSync } from 'node:fs';
import path from 'node:path';

const FIXTURES = path.join(import.meta.dirname, '../fixtures');

export type AgentPayload = Record<string, unknown>;

/** What agents in the field send. */
export const agentPayloadNames = [
  'heartbeat-wifi',
  'heartbeat-cell-low-battery',
  'heartbeat-minimal-older-agent',
] as const;

/** A heartbeat as an agent sends it, with some fields replaced. */
export function agentPayload(
  name: (typeof agentPayloadNames)[number],
  changes: AgentPayload = {},
): AgentPayload {
  const text = readFileSync(path.join(FIXTURES, `${name}.json`), 'utf8');
  return { ...(JSON.parse(text) as AgentPayload), ...changes };
}

/** A heartbeat taken at this moment. */
export function heartbeatAt(time: Date | number, changes: AgentPayload = {}): AgentPayload {
  return agentPayload('heartbeat-wifi', {
    timestamp_utc: new Date(time).toISOString(),
    ...changes,
  });
}
