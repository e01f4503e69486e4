import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runNode, waitFor } from '@nexmdm/testing';
import { LogFile } from './log-file.ts';
import { createLogger } from './logger.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nexmdm-logger-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const linesOf = async (file: string) => (await readFile(file, 'utf8')).split('\n').slice(0, -1);

/** Runs code with a `logger` in a process of its own; returns what it wrote on standard output. */
async function logsOf(code: string, options: Record<string, string> = {}) {
  const entry = path.join(folder, 'main.ts');
  const loggerModule = path.join(import.meta.dirname, 'logger.ts');
  const given = JSON.stringify({ service: 'svc', level: 'info', ...options });
  await writeFile(
    entry,
    `import { createLogger } from '${loggerModule}';
     const logger = createLogger(${given});
     ${code}`,
  );
  const { stdout, stderr } = await runNode(entry, [], {});
  expect(stderr).toBe('');
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the logger', () => {
  test('writes a JSON object a line, with time, level, service and event first', async () => {
    const logs = await logsOf(`
      logger.info('partition.create', { day: '2026-11-23', device_token: 't', note: 'two\\nlines' });
      logger.error('100% %s', { service: 'other', level: 'x', event: 'y', ts: 'z' });
      logger.warn('plain');`);
    expect(logs.map((log) => Object.keys(log).slice(0, 4))).toEqual(
      logs.map(() => ['ts', 'level', 'service', 'event']),
    );
    expect(logs).toEqual([
      {
        ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        level: 'info',
        service: 'svc',
        event: 'partition.create',
        day: '2026-11-23',
        device_token: '[redacted]',
        note: 'two\nlines',
      },
      { ts: expect.stringContaining('Z'), level: 'error', service: 'svc', event: '100% %s' },
      { ts: expect.stringContaining('Z'), level: 'warn', service: 'svc', event: 'plain' },
    ]);
  });

  test('leaves out what is less severe than its level, and what comes after its end', async () => {
    const code = `
      logger.debug('debug'); logger.info('info'); logger.warn('warn'); logger.error('error');
      await Promise.all([logger.close(), logger.close()]);
      logger.error('late');
      await logger.close();`;
    expect((await logsOf(code, { level: 'warn' })).map((log) => log['event'])).toEqual([
      'warn',
      'error',
    ]);
    expect(await logsOf(code, { level: 'debug' })).toHaveLength(4);
  });

  test('writes the same lines to its folder, all of them by the time it is closed', async () => {
    const dir = path.join(folder, 'not', 'there', 'yet');
    const code = `
      for (let i = 0; i < 3000; i += 1) logger.info('e', { i, pad: 'x'.repeat(300) });
      await logger.close();
      process.exit(0);`;
    const logs = await logsOf(code, { dir });
    const lines = await linesOf(path.join(dir, 'svc.log'));
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(logs);
    expect(logs).toHaveLength(3000);
  });

  test('goes on on standard output when the disk is full, and says so once', async () => {
    await symlink('/dev/full', path.join(folder, 'svc.log'));
    const code = `
      for (let i = 0; i < 300; i += 1) {
        logger.info('e', { i, pad: 'x'.repeat(1000) });
        await new Promise((resolve) => setImmediate(resolve));
      }
      await logger.close();`;
    const logs = await logsOf(code, { dir: folder });
    expect(logs.filter((log) => log['event'] === 'e')).toHaveLength(300);
    expect(logs.filter((log) => log['event'] !== 'e')).toMatchObject([
      { level: 'error', event: 'log_file.failed', error: { code: 'ENOSPC' } },
    ]);
  });

  test('is closed without having written anything', async () => {
    const logger = createLogger({ service: 'quiet', level: 'error', dir: folder });
    await logger.close();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a log file', () => {
  test('is rotated by size, and the oldest lines go', async () => {
    const file = path.join(folder, 'svc.log');
    const log = new LogFile({ path: file, rotateAtBytes: 8, files: 3, onError: fail });
    for (const line of ['first--', 'second--', 'third--', 'fourth--', 'fifth']) {
      log.append(line);
      await log.flush();
    }
    expect((await readdir(folder)).sort()).toEqual(['svc.log', 'svc.log.1', 'svc.log.2']);
    expect(await linesOf(file)).toEqual(['fifth']);
    expect(await linesOf(`${file}.1`)).toEqual(['fourth--']);
    expect(await linesOf(`${file}.2`)).toEqual(['third--']);
  });

  test('goes on when its place is back', async () => {
    const errors: unknown[] = [];
    const file = path.join(folder, 'logs', 'svc.log');
    await writeFile(path.join(folder, 'logs'), 'a file where the folder should be');
    const log = new LogFile({
      path: file,
      rotateAtBytes: 1000,
      files: 2,
      onError: (error) => errors.push(error),
    });
    log.append('lost');
    await waitFor('the error', () => errors.length === 1);
    log.append('lost too');
    await log.flush();
    expect(errors).toHaveLength(1);
    await rm(path.join(folder, 'logs'));
    await mkdir(path.join(folder, 'logs'));
    log.append('written');
    await log.flush();
    expect(await linesOf(file)).toEqual(['written']);
  });
});

function fail(error: unknown): never {
  throw error;
}
