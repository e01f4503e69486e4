import { z } from 'zod';
import { sql, type Kysely } from 'kysely';
import type { Database } from '@nexmdm/db';
import type { ApiClient } from '../servers/api-client.ts';

/** Something that is asked again and again. */
export interface Question {
  /** As in the names of metrics. */
  query: string;
  /** What is asked of it, for people. */
  request: string;
  /** Asked in turn. */
  paths: readonly string[];
  /** Whether it is also asked the legacy way. */
  legacy: boolean;
  /** How many times as fast it has to be. */
  minSpeedup?: number;
}

const SPEEDUP = 50;
const SAMPLED_DEVICES = 500;
/** Their ends are where the measured pages begin; together they are the fleet, or 100,000 of it. */
const WALKED_PAGES = 100;
const WALKED_LIMIT_MAX = 1_000;

const pageSchema = z.object({ pagination: z.object({ next_cursor: z.string().nullable() }) });

/** What is measured: the five queries, then other requests to the list of devices. */
export async function prepareQuestions(
  api: ApiClient,
  db: Kysely<Database>,
  devices: number,
): Promise<Question[]> {
  const list = '/v1/devices';
  const ids = await sampleDevices(db);
  const walkedLimit = Math.min(WALKED_LIMIT_MAX, Math.ceil(devices / WALKED_PAGES));
  const cursors = await collectCursors(api, `${list}?limit=${walkedLimit}`);
  const variation = (request: string, ...queries: string[]): Question => ({
    query: 'list_devices',
    request,
    paths: queries.map((query) => `${list}?${query}`),
    legacy: false,
  });
  const common = { legacy: true, minSpeedup: SPEEDUP };
  return [
    { query: 'list_devices', request: 'first page of 100', paths: [list], ...common },
    {
      query: 'list_devices',
      request: 'pages further in',
      paths: cursors.map((cursor) => `${list}?cursor=${encodeURIComponent(cursor)}`),
      ...common,
    },
    {
      query: 'get_device',
      request: 'random devices',
      paths: ids.map((id) => `${list}/${id}`),
      legacy: true,
    },
    {
      query: 'offline_devices',
      request: 'first page of 100',
      paths: [`${list}/offline`],
      ...common,
    },
    { query: 'unity_down', request: 'first page of 100', paths: [`${list}/unity-down`], ...common },
    {
      query: 'fleet_counts',
      request: 'the fleet in numbers',
      paths: ['/v1/metrics'],
      legacy: true,
    },
    variation('search, few match', ...Array.from({ length: 50 }, (_, n) => `search=0${100 + n}-`)),
    variation('search, many match', 'search=kiosk'),
    variation('battery_lt=15', 'battery_lt=15'),
    variation('version_code', ...[0, 1, 2, 3, 4].map((n) => `version_code=${20_400 + n}`)),
    variation('sort=-last_seen', 'sort=-last_seen'),
    variation('status=offline', 'status=offline'),
    variation('offline, battery_lt, search', 'status=offline&battery_lt=30&search=kiosk'),
    variation('unity=down, version_code, sort', 'unity=down&version_code=20403&sort=-last_seen'),
  ];
}

async function sampleDevices(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM devices WHERE deleted_at IS NULL ORDER BY md5(id::text) LIMIT ${SAMPLED_DEVICES}
  `.execute(db);
  return rows.map(({ id }) => id);
}

async function collectCursors(api: ApiClient, firstPage: string): Promise<string[]> {
  const cursors: string[] = [];
  let path = firstPage;
  while (cursors.length < WALKED_PAGES) {
    const { pagination } = pageSchema.parse(await api.getJson(path));
    const { next_cursor: cursor } = pagination;
    if (cursor === null) break;
    cursors.push(cursor);
    path = `${firstPage}&cursor=${encodeURIComponent(cursor)}`;
  }
  return cursors;
}
