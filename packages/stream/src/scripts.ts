import type { Redis } from 'ioredis';

/**
 * What has to happen together, as scripts. Each touches the keys of one shard, so that it also runs
 * on Redis Cluster; none needs more than Redis 6.2.
 */

/** KEYS stream counts; ARGV version heartbeats payload. */
const HB_APPEND = `
local id = redis.call('XADD', KEYS[1], '*', 'v', ARGV[1], 'n', ARGV[2], 'd', ARGV[3])
redis.call('HINCRBY', KEYS[2], 'added', ARGV[2])
return id
`;

/** KEYS stream counts; ARGV group (id heartbeats)… An entry acknowledged before isn't counted again. */
const HB_ACK = `
local acked = 0
for i = 2, #ARGV, 2 do
  if redis.call('XACK', KEYS[1], ARGV[1], ARGV[i]) == 1 then acked = acked + tonumber(ARGV[i + 1]) end
end
if acked > 0 then redis.call('HINCRBY', KEYS[2], 'acked', acked) end
return acked
`;

/** KEYS leases; ARGV consumer milliseconds. */
const HB_LEASE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
return redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
`;

/**
 * KEYS stream leases; ARGV group consumer count. Takes over entries of consumers whose lease is
 * over, and removes those of them that hold nothing more.
 */
const HB_RECLAIM = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local left = tonumber(ARGV[3])
local claimed = {}
for _, raw in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local info = {}
  for i = 1, #raw, 2 do info[raw[i]] = raw[i + 1] end
  local lease = tonumber(redis.call('ZSCORE', KEYS[2], info.name) or 0)
  if info.name ~= ARGV[2] and lease < now then
    if info.pending == 0 then
      redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], info.name)
      redis.call('ZREM', KEYS[2], info.name)
    elseif left > 0 then
      local pending = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', left, info.name)
      for _, entry in ipairs(pending) do
        local taken = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, entry[1])
        if taken[1] then
          claimed[#claimed + 1] = taken[1]
          left = left - 1
        else
          redis.call('XACK', KEYS[1], ARGV[1], entry[1])
        end
      end
    end
  end
end
return claimed
`;

/**
 * KEYS stream leases; ARGV group consumer. Gives a consumer's place up: what it still holds can be
 * taken over at once.
 */
const HB_RELEASE = `
redis.call('ZREM', KEYS[2], ARGV[2])
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2])
if #pending == 0 then redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2]) end
return #pending
`;

/** KEYS stream. Removes what every group has acknowledged; returns how many entries that were. */
const HB_TRIM = `
local function before(a, b)
  local am, as = string.match(a, '(%d+)-(%d+)')
  local bm, bs = string.match(b, '(%d+)-(%d+)')
  if tonumber(am) ~= tonumber(bm) then return tonumber(am) < tonumber(bm) end
  return tonumber(as) < tonumber(bs)
end
local keep_from = nil
for _, raw in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local info = {}
  for i = 1, #raw, 2 do info[raw[i]] = raw[i + 1] end
  local first_needed
  if info.pending > 0 then
    first_needed = redis.call('XPENDING', KEYS[1], info.name)[2]
  else
    local ms, seq = string.match(info['last-delivered-id'], '(%d+)-(%d+)')
    first_needed = ms .. '-' .. string.format('%d', tonumber(seq) + 1)
  end
  if keep_from == nil or before(first_needed, keep_from) then keep_from = first_needed end
end
if keep_from == nil then return 0 end
return redis.call('XTRIM', KEYS[1], 'MINID', keep_from)
`;

/**
 * KEYS stream counts; ARGV group. Returns {heartbeats not yet acknowledged, age of the oldest of
 * them in milliseconds}.
 */
const HB_BACKLOG = `
if redis.call('EXISTS', KEYS[1]) == 0 then return {0, 0} end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local oldest = nil
for _, raw in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local info = {}
  for i = 1, #raw, 2 do info[raw[i]] = raw[i + 1] end
  if info.name == ARGV[1] then
    if info.pending > 0 then
      oldest = redis.call('XPENDING', KEYS[1], ARGV[1])[2]
    else
      local waiting = redis.call('XRANGE', KEYS[1], '(' .. info['last-delivered-id'], '+', 'COUNT', 1)
      if waiting[1] then oldest = waiting[1][1] end
    end
  end
end
if oldest == nil then return {0, 0} end
local counts = redis.call('HMGET', KEYS[2], 'added', 'acked')
local backlog = tonumber(counts[1] or 0) - tonumber(counts[2] or 0)
return {math.max(backlog, 1), math.max(0, now - tonumber(string.match(oldest, '(%d+)-')))}
`;

/** An entry as Redis returns it: its id and its fields, name and value in turn. */
export type RawEntry = [id: string, fields: string[] | null];

export interface StreamCommands {
  hbAppend(
    stream: string,
    counts: string,
    version: string,
    count: number,
    payload: string,
  ): Promise<string>;
  hbAck(
    stream: string,
    counts: string,
    group: string,
    ...idsAndCounts: (string | number)[]
  ): Promise<number>;
  hbLease(leases: string, consumer: string, milliseconds: number): Promise<number>;
  hbReclaim(
    stream: string,
    leases: string,
    group: string,
    consumer: string,
    count: number,
  ): Promise<RawEntry[]>;
  hbRelease(stream: string, leases: string, group: string, consumer: string): Promise<number>;
  hbTrim(stream: string): Promise<number>;
  hbBacklog(
    stream: string,
    counts: string,
    group: string,
  ): Promise<[heartbeats: number, oldestMs: number]>;
}

/** A connection that knows the scripts. */
export type StreamRedis = Redis & StreamCommands;

export const streamScripts = {
  hbAppend: { lua: HB_APPEND, numberOfKeys: 2 },
  hbAck: { lua: HB_ACK, numberOfKeys: 2 },
  hbLease: { lua: HB_LEASE, numberOfKeys: 1 },
  hbReclaim: { lua: HB_RECLAIM, numberOfKeys: 2 },
  hbRelease: { lua: HB_RELEASE, numberOfKeys: 2 },
  hbTrim: { lua: HB_TRIM, numberOfKeys: 1 },
  hbBacklog: { lua: HB_BACKLOG, numberOfKeys: 2 },
};
