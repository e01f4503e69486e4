import { totalmem } from 'node:os';
import path from 'node:path';
import { freePort, startPostgres, type PostgresServer } from '@nexmdm/local';

const MB = 1024 * 1024;
const SHARED_BUFFERS_MAX_MB = 8_192;

/**
 * A PostgreSQL for this run alone. It is as durable as one in production; its memory is sized as the
 * manual advises, a quarter of the machine's. What the planner believes of the disk stays as it is.
 * Only the write-ahead log is kept to what a crash needs, as nothing replicates it.
 */
export async function startPrivatePostgres(
  folder: string,
  signal: AbortSignal,
): Promise<PostgresServer> {
  const memoryMb = Math.floor(totalmem() / MB);
  return startPostgres({
    dataDir: path.join(folder, 'postgres'),
    port: await freePort(),
    signal,
    settings: {
      shared_buffers: `${Math.min(Math.floor(memoryMb / 4), SHARED_BUFFERS_MAX_MB)}MB`,
      effective_cache_size: `${Math.floor(memoryMb / 2)}MB`,
      maintenance_work_mem: `${Math.min(Math.max(64, Math.floor(memoryMb / 32)), 1_024)}MB`,
      max_wal_size: '8GB',
      checkpoint_timeout: '15min',
      wal_level: 'minimal',
      max_wal_senders: '0',
    },
  });
}
