import { readEnvironment, runProcess } from '@nexmdm/service';
import { readConfig } from './config.ts';
import { createQueryApi } from './deps.ts';

await runProcess({ name: 'query-api', env: readEnvironment(), readConfig, create: createQueryApi });
