import { z } from 'zod';
import type { CliConfig } from '../config.ts';
import { findingsOf, runCheck, type Finding } from './finding.ts';

interface ServiceAddress {
  name: string;
  url: string;
  /** The setting that holds the address. */
  setting: string;
}

const REQUEST_TIMEOUT_MS = 3_000;
/** Every metric says whose it is. */
const SERVICE_LABEL = /\bservice="([^"]+)"/;
const readinessSchema = z.object({ status: z.string(), checks: z.record(z.string(), z.string()) });

export async function checkServices(config: CliConfig): Promise<Finding[]> {
  const services: ServiceAddress[] = [
    { name: 'ingest-api', url: config.ingestUrl, setting: 'INGEST_URL' },
    { name: 'query-api', url: config.queryUrl, setting: 'QUERY_URL' },
    { name: 'writer-worker', url: config.writerUrl, setting: 'WRITER_URL' },
  ];
  const findings = await Promise.all(
    services.map((service) => checkService(service, config.adminKey)),
  );
  return findings.flat();
}

async function checkService(
  service: ServiceAddress,
  adminKey: string | undefined,
): Promise<Finding[]> {
  const { name, url, setting } = service;
  const base = url.replace(/\/+$/, '');
  const mend = `start it with "npx --yes pnpm start", or set ${setting} to where it is (now ${base})`;
  return runCheck(name, 'livez', mend, async () => {
    const { ok, fail } = findingsOf(name);
    const live = await get(`${base}/livez`);
    if (live.status !== 200) {
      return [
        fail('livez', `${base}/livez answered ${live.status}: not a service of NexMDM?`, mend),
      ];
    }
    const checks = await Promise.all([
      runCheck(name, 'readyz', mend, () => checkReady(name, base)),
      adminKey === undefined
        ? []
        : runCheck(name, 'ADMIN_KEY', mend, () => checkIdentity(service, base, adminKey)),
    ]);
    return [ok('livez', base), ...checks.flat()];
  });
}

/** The dependencies that the checks above don't know by their name. */
const CHECKED_AS: Readonly<Record<string, string>> = {
  database: 'postgresql',
  flags: 'postgresql',
};

async function checkReady(name: string, base: string): Promise<Finding[]> {
  const { ok, fail } = findingsOf(name);
  const ready = await get(`${base}/readyz`);
  if (ready.status === 200) return [ok('readyz', 'ready')];
  const readiness = readinessSchema.safeParse(ready.body);
  if (!readiness.success)
    return [fail('readyz', `answered ${ready.status}`, `see the log of ${name}`)];
  const { status, checks } = readiness.data;
  const broken = Object.entries(checks).filter(([, outcome]) => outcome !== 'ok');
  if (broken.length === 0) return [fail('readyz', status, 'wait until it is restarted')];
  return broken.map(([dependency, outcome]) =>
    fail(
      `readyz ${dependency}`,
      outcome,
      `see the ${CHECKED_AS[dependency] ?? dependency} checks above; if they are well, the settings of ${name} name another one`,
    ),
  );
}

async function checkIdentity(
  { name, setting }: ServiceAddress,
  base: string,
  adminKey: string,
): Promise<Finding[]> {
  const { ok, fail } = findingsOf(name);
  const { status, body } = await get(`${base}/metrics`, { 'x-admin': adminKey });
  const other = status === 200 ? SERVICE_LABEL.exec(String(body))?.[1] : undefined;
  if (other !== undefined && other !== name) {
    return [fail('address', `${base} is the ${other}`, `set ${setting} to where the ${name} is`)];
  }
  if (status === 200) return [ok('ADMIN_KEY', 'is the key of the service')];
  return [
    fail(
      'ADMIN_KEY',
      status === 401
        ? 'is not the key that the service was started with'
        : `/metrics answered ${status}`,
      `set ADMIN_KEY to the same value here and for ${name}`,
    ),
  ];
}

async function get(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) };
  } catch {
    return { status: response.status, body: text };
  }
}
