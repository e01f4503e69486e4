import type { DeviceRow } from '@nexmdm/db';
import type { Request, Response } from 'express';
import { setLinks } from '../api/links.ts';
import { tellPath, type FleetReader } from '../fleet/fleet-reader.ts';
import { devicePage, type QueryName } from '../fleet/question.ts';
import type { DeviceCursors, DeviceList } from './device-cursor.ts';

/** Up to here a total is counted; beyond, PostgreSQL's estimate has to do. */
const EXACT_TOTAL_MAX = 10_000;

export interface ListDeps {
  fleet: FleetReader;
  deviceCursors: DeviceCursors;
}

interface PageRequest {
  query: QueryName;
  list: DeviceList;
  limit: number;
  cursor: string | undefined;
  req: Request;
  res: Response;
}

/** A page by cursor, with its `Link` to the next one. */
export async function readPage(
  { fleet, deviceCursors }: ListDeps,
  { query, list, limit, cursor, req, res }: PageRequest,
) {
  tellPath(res, fleet);
  const position = cursor === undefined ? undefined : deviceCursors.decode(list, cursor);
  const { filter, sort } = list;
  const listing = { filter, sort, after: position?.place, limit: limit + 1 };
  const answer = await fleet.ask(
    devicePage(query, listing, position === undefined ? EXACT_TOTAL_MAX : undefined),
  );
  const total = position?.total ?? answer.total ?? { total: 0, isEstimate: true };
  const listed = answer.devices.slice(0, limit);
  const last = answer.devices.length > limit ? listed.at(-1) : undefined;
  const next = last === undefined ? null : deviceCursors.encode(list, { place: last.place, total });
  setLinks(req, res, { next: next === null ? undefined : { cursor: next } });
  return {
    devices: listed.map(withoutPlace),
    pagination: {
      limit,
      next_cursor: next,
      total: total.total,
      total_is_estimate: total.isEstimate,
    },
  };
}

/** A page by number, the older form; its total is exact. */
export async function readNumberedPage(
  { fleet }: ListDeps,
  { list, limit, page, req, res }: Omit<PageRequest, 'query' | 'cursor'> & { page: number },
) {
  tellPath(res, fleet);
  const { filter, sort } = list;
  const listing = { filter, sort, offset: (page - 1) * limit, limit };
  const { devices, total } = await fleet.ask(devicePage('list_devices', listing, Infinity));
  const totalCount = total?.total ?? 0;
  const totalPages = Math.ceil(totalCount / limit);
  const to = (number: number) => ({ page: String(number) });
  setLinks(req, res, {
    next: page < totalPages ? to(page + 1) : undefined,
    prev: page > 1 ? to(page - 1) : undefined,
  });
  return {
    devices: devices.map(withoutPlace),
    pagination: {
      page,
      limit,
      total_count: totalCount,
      total_pages: totalPages,
      has_next: page < totalPages,
      has_prev: page > 1,
    },
  };
}

function withoutPlace({ place, ...device }: DeviceRow & { place: unknown }): DeviceRow {
  return device;
}
