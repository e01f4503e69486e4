import { sharedServers } from './shared-servers.ts';

export default async function globalTeardown(): Promise<void> {
  await sharedServers()?.close();
}
