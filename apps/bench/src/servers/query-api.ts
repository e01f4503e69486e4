import { randomBytes } from 'node:crypto';
import { freePort, startService, type RunningProcess } from '@nexmdm/local';
import type { Environment } from '@nexmdm/service';

export interface QueryApi {
  url: string;
  adminKey: string;
  process: RunningProcess;
}

/** Starts a query API of the repository as a process of its own, on a free port. */
export async function startQueryApi(
  options: {
    repository: string;
    env: Environment;
    databaseUrl: string;
    heartbeatIntervalSeconds: number;
    note: (line: string) => void;
  },
  stop: AbortSignal,
): Promise<QueryApi> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const adminKey = randomBytes(24).toString('base64url');
  const process = await startService(
    {
      name: 'query-api',
      command: globalThis.process.execPath,
      args: ['apps/query-api/src/main.ts'],
      cwd: options.repository,
      env: {
        PATH: options.env['PATH'],
        HOME: options.env['HOME'],
        ADMIN_KEY: adminKey,
        DATABASE_URL: options.databaseUrl,
        HEARTBEAT_INTERVAL_SECONDS: String(options.heartbeatIntervalSeconds),
        HOST: '127.0.0.1',
        PORT: String(port),
        LOG_LEVEL: 'warn',
      },
      readyUrl: `${url}/readyz`,
    },
    options.note,
    stop,
  );
  return { url, adminKey, process };
}
