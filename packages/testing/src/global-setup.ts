import { runNode } from './app-process.ts';
import { appEntry } from './repository.ts';
import { startTestServers } from './servers.ts';
import { shareServers } from './shared-servers.ts';

/**
 * Starts one PostgreSQL and one Redis for a package's tests, and makes the tables once in the
 * database that every test database is a copy of.
 */
export default async function globalSetup(): Promise<void> {
  const servers = await startTestServers({
    // A test's database doesn't outlive the run, so nothing waits for its disk.
    postgresSettings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  });
  shareServers(servers);
  try {
    await runNode(appEntry('cli'), ['migrate'], {
      DATABASE_URL: servers.postgres.url,
      REDIS_URL: servers.redis.url,
    });
  } catch (error) {
    await servers.close();
    throw error;
  }
}
