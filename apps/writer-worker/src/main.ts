import { readEnvironment, runProcess } from '@nexmdm/service';
import { readConfig } from './config.ts';
import { createWriterWorker } from './deps.ts';

await runProcess({
  name: 'writer-worker',
  env: readEnvironment(),
  readConfig,
  create: createWriterWorker,
});
