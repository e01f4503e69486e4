import type { Redis } from 'ioredis';

/**
 * What has to happen together, as scripts. Each touches the keys of one shard, so that it also runs
 * on Redis Cluster; none needs more than Redis 6.2.
 */

/**
 * KEYS stream counts; ARGV version heartbeats payload. For EVAL: a pipeline sends a script that
 * Redis has forgotten once more after its other commands, and appends have to come before them.
 */
export const HB_APPEND = `
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

/**
 * KEYS leases; ARGV consumer milliseconds. The removal comes first because Redis lets a script that
 * has written already go on when it is out of memory, and no other: writers that lost their leases
 * could not empty the streams, and the memory would never be free again. HB_ACK is safe likewise.
 */
const HB_LEASE = `
redis.call('ZREM', KEYS[1], ARGV[1])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
return redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
`;

/**
 * KEYS stream leases; ARGV group consumer count. Takes over entries of consumers whose lease is
 * over, and removes those of them that hold nothing more.
 */
const HB_RECLAIM = `
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
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

/**
 * KEYS stream. Removes what every group has acknowledged; returns how many entries that were. The
 * parts of an id have 64 bits, more than Lua's numbers, so they are compared and counted as digits.
 */
const HB_TRIM = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local function less(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end
local function before(a, b)
  local am, as = string.match(a, '(%d+)-(%d+)')
  local bm, bs = string.match(b, '(%d+)-(%d+)')
  if am ~= bm then return less(am, bm) end
  return less(as, bs)
end
local function increment(digits)
  local head, last, nines = string.match(digits, '^(%d-)([0-8]?)(9*)$')
  return head .. (last == '' and '1' or tonumber(last) + 1) .. string.rep('0', #nines)
end
local function after(id)
  local ms, seq = string.match(id, '(%d+)-(%d+)')
  if seq == '18446744073709551615' then return increment(ms) .. '-0' end
  return ms .. '-' .. increment(seq)
end
local keep_from = nil
for _, raw in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local info = {}
  for i = 1, #raw, 2 do info[raw[i]] = raw[i + 1] end
  local needed = { after(info['last-delivered-id']) }
  if info.pending > 0 then needed[2] = redis.call('XPENDING', KEYS[1], info.name)[2] end
  for _, id in ipairs(needed) do
    if keep_from == nil or before(id, keep_from) then keep_from = id end
  end
end
if keep_from == nil then return 0 end
return redis.call('XTRIM', KEYS[1], 'MINID', keep_from)
`;

/**
 * KEYS stream counts; ARGV group. Returns {heartbeats not yet acknowledged, age of the oldest of
 * them in milliseconds}. All of them are, when the group is gone.
 */
const HB_BACKLOG = `
if redis.call('EXISTS', KEYS[1]) == 0 then return {0, 0} end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local group_exists = false
local oldest = nil
for _, raw in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local info = {}
  for i = 1, #raw, 2 do info[raw[i]] = raw[i + 1] end
  if info.name == ARGV[1] then
    group_exists = true
    if info.pending > 0 then
      oldest = redis.call('XPENDING', KEYS[1], ARGV[1])[2]
    else
      local waiting = redis.call('XRANGE', KEYS[1], '(' .. info['last-delivered-id'], '+', 'COUNT', 1)
      if waiting[1] then oldest = waiting[1][1] end
    end
  end
end
if not group_exists then
  local waiting = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
  if waiting[1] then oldest = waiting[1][1] end
end
local counts = redis.call('HMGET', KEYS[2], 'added', 'acked')
if oldest == nil then
  -- Entries that others added, or that were removed by hand, were counted on one side only.
  if counts[1] ~= counts[2] then redis.pcall('HSET', KEYS[2], 'acked', counts[1] or 0) end
  return {0, 0}
end
local backlog = tonumber(counts[1] or 0) - tonumber(counts[2] or 0)
return {math.max(backlog, 1), math.max(0, now - tonumber(string.match(oldest, '(%d+)-')))}
`;

/**
 * KEYS dead letters; ARGV fields and values. Goes through when Redis is out of memory, like a lease:
 * the entry that it replaces is freed only afterwards.
 */
export const HB_DEAD = `
redis.call('XTRIM', KEYS[1], 'MINID', '0-0')
return redis.call('XADD', KEYS[1], '*', unpack(ARGV))
`;

/** An entry as Redis returns it: its id and its fields, name and value in turn. */
export type RawEntry = [id: string, fields: string[] | null];

export interface StreamCommands {
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
  hbAck: { lua: HB_ACK, numberOfKeys: 2 },
  hbLease: { lua: HB_LEASE, numberOfKeys: 1 },
  hbReclaim: { lua: HB_RECLAIM, numberOfKeys: 2 },
  hbRelease: { lua: HB_RELEASE, numberOfKeys: 2 },
  hbTrim: { lua: HB_TRIM, numberOfKeys: 1 },
  hbBacklog: { lua: HB_BACKLOG, numberOfKeys: 2 },
};
