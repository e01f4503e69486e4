import { runProcess } from '@nexmdm/service';
import { readConfig } from './config.ts';
import { createWriterWorker } from './deps.ts';

await runProcess({
  name: 'writer-worker',
  env: process.env,
  readConfig,
  create: createWriterWorker,
});
