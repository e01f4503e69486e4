import type { AgentPayload } from './fixtures.ts';

export const TEST_ADMIN_KEY = 'test-admin-key-0123456789';

export interface RegisteredDevice {
  device_id: string;
  device_token: string;
}

/** Speaks to a running ingest API as a device or an operator does. */
export class IngestClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async register(alias: string): Promise<RegisteredDevice> {
    const response = await this.post('/v1/register', { alias }, { 'x-admin': TEST_ADMIN_KEY });
    if (response.status !== 201) throw new Error(`registering failed: ${await response.text()}`);
    return (await response.json()) as RegisteredDevice;
  }

  heartbeat(device: Pick<RegisteredDevice, 'device_token'>, payload: unknown): Promise<Response> {
    return this.post('/v1/heartbeat', payload, { authorization: `Bearer ${device.device_token}` });
  }

  heartbeats(
    device: Pick<RegisteredDevice, 'device_token'>,
    sentAt: Date,
    heartbeats: readonly AgentPayload[],
  ): Promise<Response> {
    const headers = { authorization: `Bearer ${device.device_token}` };
    return this.post('/v1/heartbeats', { sent_at: sentAt.toISOString(), heartbeats }, headers);
  }

  /** A body that is text or bytes goes out as it is. */
  post(
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    return fetch(`${this.#url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: raw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body),
    });
  }
}

/** Reads from a service as an operator. */
export function adminGet(url: string, path: string): Promise<Response> {
  return fetch(`${url}${path}`, { headers: { 'x-admin': TEST_ADMIN_KEY } });
}
