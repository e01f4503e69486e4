import { readEnvironment, runProcess } from '@nexmdm/service';
import { readConfig } from './config.ts';
import { createIngestApi } from './deps.ts';

await runProcess({
  name: 'ingest-api',
  env: readEnvironment(),
  readConfig,
  create: createIngestApi,
});
