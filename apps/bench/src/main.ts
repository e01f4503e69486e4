import { readEnvironment } from '@nexmdm/service';
import { runBench } from './run-bench.ts';

process.exit(await runBench(process.argv, readEnvironment()));
