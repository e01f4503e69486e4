import type { ApiRequest } from './api-client.ts';
import { requireSetting } from './command-error.ts';
import type { CliConfig } from './config.ts';

/**
 * Where the query API is, and the key.
 *
 * @throws CommandError without a key
 */
export function queryApi(config: CliConfig): Pick<ApiRequest, 'baseUrl' | 'setting' | 'adminKey'> {
  const adminKey = requireSetting(config.adminKey, 'ADMIN_KEY');
  return { baseUrl: config.queryUrl, setting: 'QUERY_URL', adminKey };
}
