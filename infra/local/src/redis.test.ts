import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { useTemporary } from '../test/temporary.ts';
import { freePort } from './ports.ts';
import { isRunning } from './process-table.ts';
import { type RedisOptions, type RedisServer, startRedis } from './redis.ts';
import { findRedisBinary } from './redis-binary.ts';
import type { RedisBinary } from './redis-probe.ts';

const temporary = useTemporary();
const toolsDir = path.resolve('../../.nexmdm/tools');
let binary: RedisBinary;

beforeAll(async () => {
  binary = await findRedisBinary({ toolsDir });
}, 120_000);

const start = async (options: Partial<RedisOptions> & { dataDir: string }) =>
  temporary.track(await startRedis({ binary, port: await freePort(), ...options }));

async function withClient<T>(server: RedisServer, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(server.url, { retryStrategy: () => null });
  client.on('error', () => {});
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

test('without any way to get a Redis, it says what to install', async () => {
  const searchPath = process.env['PATH'];
  process.env['PATH'] = '';
  try {
    await expect(findRedisBinary({ toolsDir: temporary.folder() })).rejects.toThrow(
      /^No Redis was found and none could be downloaded \(.+\)\. Install redis-server .+REDIS_URL/,
    );
  } finally {
    process.env['PATH'] = searchPath;
  }
});

test('data survives a crash', async () => {
  const dataDir = path.join(temporary.folder(), 'a "quoted" folder');
  const first = await start({ dataDir, settings: { appendfsync: 'always' } });
  await withClient(first, (client) => client.xadd('stream', '*', 'field', 'value'));
  await first.kill();
  expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(isRunning(first.pid)).toBe(false);
  const second = await start({ dataDir, port: first.port });
  expect(second.url).toBe(first.url);
  expect(await withClient(second, (client) => client.xlen('stream'))).toBe(1);
});

test('an append-only file that was cut off in a crash is loaded up to the cut', async () => {
  const dataDir = temporary.folder();
  const first = await start({ dataDir });
  await withClient(first, (client) => client.set('kept', 'yes'));
  await first.stop();
  const folder = path.join(dataDir, 'appendonlydir');
  const increment = readdirSync(folder).find((name) => name.endsWith('.incr.aof')) ?? '';
  writeFileSync(path.join(folder, increment), '*3\r\n$3\r\nSET\r\n$4\r\nlo', { flag: 'a' });
  const second = await start({ dataDir });
  expect(await withClient(second, (client) => client.get('kept'))).toBe('yes');
});

test('an orderly stop leaves no process, and may be asked for twice', async () => {
  const server = await start({ dataDir: temporary.folder() });
  await Promise.all([server.stop(), server.stop()]);
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(isRunning(server.pid)).toBe(false);
});

test('it never evicts, keeps a log of every write, and asks for a password', async () => {
  const dataDir = temporary.folder();
  const server = await start({ dataDir });
  const settings = await withClient(server, (client) =>
    client.config('GET', 'maxmemory-policy', 'appendonly', 'appendfsync', 'bind'),
  );
  expect(settings).toEqual(
    expect.arrayContaining(['noeviction', 'yes', 'everysec', '127.0.0.1'] as unknown[]),
  );
  const stranger = { ...server, url: `redis://127.0.0.1:${server.port}` };
  await expect(withClient(stranger, (client) => client.get('x'))).rejects.toThrow('NOAUTH');
  for (const name of ['password', 'redis.conf']) {
    expect(statSync(path.join(dataDir, name)).mode & 0o777).toBe(0o600);
  }
});

test('a folder in use by a running server is refused', async () => {
  const dataDir = temporary.folder();
  const server = await start({ dataDir });
  await expect(start({ dataDir })).rejects.toThrow(
    `Redis' data folder ${dataDir} is in use by a running server (pid ${server.pid}).`,
  );
});

test('a folder with a damaged file is refused with what to do', async () => {
  const dataDir = temporary.folder();
  const server = await start({ dataDir });
  await server.stop();
  const folder = path.join(dataDir, 'appendonlydir');
  for (const name of readdirSync(folder)) writeFileSync(path.join(folder, name), 'damaged');
  const failure = await start({ dataDir }).then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  expect(failure?.name).toBe('StartError');
  expect(failure?.message).toContain(`Redis did not start with the data folder ${dataDir}: `);
  expect(failure?.message).toContain('name another one with NEXMDM_DATA_DIR.');
});

test('a folder that is a file is refused', async () => {
  const dataDir = path.join(temporary.folder(), 'file');
  writeFileSync(dataDir, '');
  await expect(start({ dataDir })).rejects.toThrow(`Redis' data folder ${dataDir} can't be used`);
});

test('a port in use is refused', async () => {
  const stranger = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => {
    stranger.listen(port, '127.0.0.1', resolve);
  });
  try {
    await expect(start({ dataDir: temporary.folder(), port })).rejects.toThrow(
      `Port ${port} (REDIS_PORT, Redis) is in use`,
    );
  } finally {
    stranger.close();
  }
});
