/** A server's address fit to be shown: host, port and database, never the password. */
export function serverAddress(url: string, defaultPort: number): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname || 'localhost'}:${port || defaultPort}${pathname === '/' ? '' : pathname}`;
}

export const POSTGRES_PORT = 5432;
export const REDIS_PORT = 6379;
