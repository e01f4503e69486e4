import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { useTemporary } from '../test/temporary.ts';
import { freePort } from './ports.ts';
import { type PostgresOptions, type PostgresServer, startPostgres } from './postgres.ts';
import { isRunning, listChildren, listServersIn } from './process-table.ts';
import { runToEnd } from './processes.ts';

const temporary = useTemporary();
/** An initialised folder of a server that has stopped; tests work on copies. */
let template: string;

const start = async (options: Partial<PostgresOptions> & { dataDir: string }) =>
  temporary.track(await startPostgres({ port: await freePort(), ...options }));

async function query<Row>(server: PostgresServer, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: server.url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

async function copyOfTemplate(): Promise<string> {
  const dataDir = path.join(temporary.folder(), 'postgres');
  await runToEnd({ command: 'cp', args: ['-a', template, dataDir] });
  return dataDir;
}

beforeAll(async () => {
  template = path.join(temporary.folder(), 'postgres');
  const server = await startPostgres({ dataDir: template, port: await freePort() });
  await server.stop();
});

test('data survives a crash, and a restart is the same server for its clients', async () => {
  const dataDir = await copyOfTemplate();
  const first = await start({ dataDir });
  await query(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const family = [first.pid, ...listChildren(first.pid)];
  await first.kill();
  expect(family.filter(isRunning)).toEqual([]);
  expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });
  const second = await start({ dataDir, port: first.port });
  expect(second.url).toBe(first.url);
  expect(await query(second, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
});

test('an orderly stop leaves no process, and may be asked for twice', async () => {
  const server = await start({ dataDir: await copyOfTemplate() });
  const family = [server.pid, ...listChildren(server.pid)];
  await Promise.all([server.stop(), server.stop()]);
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(family.filter(isRunning)).toEqual([]);
});

test('it is durable, in UTF-8 and UTC, and settings can be given', async () => {
  const server = await start({
    dataDir: await copyOfTemplate(),
    settings: { max_connections: '23' },
  });
  const [row] = await query(
    server,
    `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
            current_setting('max_connections') AS connections, current_setting('TimeZone') AS zone,
            current_setting('server_encoding') AS encoding, current_database() AS database`,
  );
  expect(row).toEqual({
    fsync: 'on',
    commit: 'on',
    connections: '23',
    zone: 'UTC',
    encoding: 'UTF8',
    database: 'nexmdm',
  });
  expect(statSync(path.join(template, 'password')).mode & 0o777).toBe(0o600);
});

test('an initialisation that was interrupted is begun again', async () => {
  const dataDir = path.join(temporary.folder(), 'postgres');
  // No process has this pid: it is beyond the largest that Linux gives.
  const draft = path.join(dataDir, 'initdb-4194305', 'pgdata');
  mkdirSync(draft, { recursive: true });
  writeFileSync(path.join(draft, 'PG_VERSION'), '18\n');
  await start({ dataDir });
  expect(readdirSync(dataDir).toSorted()).toEqual(['password', 'pgdata']);
});

test("a pid file whose process is another program by now doesn't prevent the start", async () => {
  const dataDir = await copyOfTemplate();
  writeFileSync(path.join(dataDir, 'pgdata', 'postmaster.pid'), `${process.pid}\n`);
  await start({ dataDir });
});

test('a folder in use by a running server is refused', async () => {
  const dataDir = await copyOfTemplate();
  const server = await start({ dataDir });
  await expect(start({ dataDir })).rejects.toThrow(
    `PostgreSQL's data folder ${dataDir} is in use by a running server (pid ${server.pid}).`,
  );
});

test('a port in use is refused', async () => {
  const stranger = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => {
    stranger.listen(port, '127.0.0.1', resolve);
  });
  try {
    await expect(start({ dataDir: template, port })).rejects.toThrow(
      `Port ${port} (PG_PORT, PostgreSQL) is in use by another program. Stop what uses it or set PG_PORT to another port.`,
    );
  } finally {
    stranger.close();
  }
});

const remedy = 'Remove the folder, or name another one with NEXMDM_DATA_DIR.';

test.each<{ name: string; damage: (dataDir: string) => void; problem: string }>([
  {
    name: 'of another major version',
    damage: (dataDir) => writeFileSync(path.join(dataDir, 'pgdata/PG_VERSION'), '15\n'),
    problem: "can't be used: it was made by PostgreSQL 15, and this project runs PostgreSQL 18",
  },
  {
    name: 'without PG_VERSION',
    damage: (dataDir) => rmSync(path.join(dataDir, 'pgdata/PG_VERSION')),
    problem: "can't be used: its pgdata/PG_VERSION is missing or damaged",
  },
  {
    name: 'without its password',
    damage: (dataDir) => rmSync(path.join(dataDir, 'password')),
    problem: "can't be used: its file password is missing",
  },
  {
    name: 'with the password of another',
    damage: (dataDir) => writeFileSync(path.join(dataDir, 'password'), 'another'),
    problem: "can't be used: the password beside the data is not the server's",
  },
  {
    name: 'with something else in it',
    damage: (dataDir) => {
      rmSync(path.join(dataDir, 'pgdata'), { recursive: true });
      writeFileSync(path.join(dataDir, 'holiday.jpg'), '');
    },
    problem: "can't be used: it holds something else (holiday.jpg)",
  },
  {
    name: 'that is a file',
    damage: (dataDir) => {
      rmSync(dataDir, { recursive: true });
      writeFileSync(dataDir, '');
    },
    problem: "can't be used: ENOTDIR",
  },
  {
    name: 'with a damaged control file',
    damage: (dataDir) => writeFileSync(path.join(dataDir, 'pgdata/global/pg_control'), 'damaged'),
    problem: 'PostgreSQL did not start with the data folder',
  },
  {
    name: 'without its tables',
    damage: (dataDir) => rmSync(path.join(dataDir, 'pgdata/base'), { recursive: true }),
    problem: `can't be used: database "postgres" does not exist`,
  },
  {
    name: 'without its log',
    damage: (dataDir) => rmSync(path.join(dataDir, 'pgdata/pg_wal'), { recursive: true }),
    problem: 'PostgreSQL did not start with the data folder',
  },
])('a folder $name is refused with what to do', async ({ damage, problem }) => {
  const dataDir = await copyOfTemplate();
  damage(dataDir);
  const failure = await start({ dataDir }).then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  expect(failure?.name).toBe('StartError');
  expect(failure?.message).toContain(problem);
  expect(failure?.message).toContain(dataDir);
  expect(failure?.message.toLowerCase()).toContain(remedy.toLowerCase());
  expect(failure?.message.split('\n')).toHaveLength(1);
});

test('a start that is given up leaves no process and a folder that works', async () => {
  const dataDir = path.join(temporary.folder(), 'postgres');
  const signal = AbortSignal.abort();
  await expect(start({ dataDir, signal })).rejects.toThrow();
  expect(listServersIn(path.join(dataDir, 'pgdata'), ['postgres'])).toEqual([]);
  await start({ dataDir });
});
