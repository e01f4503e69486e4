import path from 'node:path';
import { formatBanner } from './banner.ts';
import type { LocalConfig } from './config.ts';
import type { LaunchPlan } from './launch.ts';
import { createLocalParts, serviceUrls } from './local-parts.ts';
import { removeRunningEnv } from './running-env.ts';
import { readOrCreateSecret } from './secret-file.ts';

/** What `pnpm start` does, from its settings. */
export function planLocal(config: LocalConfig): LaunchPlan {
  const { host, dataDir } = config;
  let adminKey = '';
  return {
    dataDir,
    ports: [
      { port: config.ingestPort, settingName: 'INGEST_PORT', what: 'the ingest API', host },
      { port: config.queryPort, settingName: 'QUERY_PORT', what: 'the query API', host },
      { port: config.writerPort, settingName: 'WRITER_PORT', what: "the writer's health", host },
      ...(config.databaseUrl === undefined
        ? [{ port: config.postgresPort, settingName: 'PG_PORT', what: 'PostgreSQL' }]
        : []),
      ...(config.redisUrl === undefined
        ? [{ port: config.redisPort, settingName: 'REDIS_PORT', what: 'Redis' }]
        : []),
    ],
    async createParts() {
      adminKey = config.adminKey ?? (await readOrCreateSecret(path.join(dataDir, 'admin-key')));
      return createLocalParts(config, adminKey);
    },
    onReady(output) {
      output.block(
        formatBanner({
          urls: serviceUrls(config),
          adminKey,
          dataDir,
          simulatedDevices: config.simulateDevices,
        }),
      );
    },
    onStopped: () => removeRunningEnv(dataDir),
  };
}
