#!/usr/bin/env node
// Runs jest in the package whose folder this is started from, with ECMAScript modules enabled.
// When TEST_REPORT_DIR is set, a JSON report of the run is left there, one file a package.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const { name } = JSON.parse(readFileSync('package.json', 'utf8'));
const reportDir = process.env.TEST_REPORT_DIR;
const report = reportDir
  ? ['--json', `--outputFile=${path.join(reportDir, `${name.replace('/', '-')}.json`)}`]
  : [];

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    ...report,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
