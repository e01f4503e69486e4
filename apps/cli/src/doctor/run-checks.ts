import type { Logger } from '@nexmdm/service';
import type { CliConfig } from '../config.ts';
import { checkDatabase } from './check-database.ts';
import { checkFlags } from './check-flags.ts';
import { checkDisk, checkNode } from './check-machine.ts';
import { checkRedis } from './check-redis.ts';
import { checkServices } from './check-services.ts';
import { checkSettings } from './check-settings.ts';
import type { Finding } from './finding.ts';

export interface Checked {
  config: CliConfig;
  /** Settings that are set and not valid. */
  problems: readonly string[];
  nodeVersion: string;
  logger: Logger;
}

/** Runs every check, whatever the others find, all at the same time. */
export async function runChecks({
  config,
  problems,
  nodeVersion,
  logger,
}: Checked): Promise<Finding[]> {
  const [disk, ...others] = await Promise.all([
    checkDisk(config.dataDir),
    checkDatabase(config, logger),
    checkRedis(config, logger),
    checkServices(config),
    checkFlags(config),
  ]);
  const here = [checkNode(nodeVersion), ...disk, ...checkSettings(config, problems)];
  return [...here, ...others.flat()];
}
