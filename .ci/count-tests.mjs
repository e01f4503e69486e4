// Adds up the reports of all packages' tests and closes with one line.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const [folder = '.'] = process.argv.slice(2);
const reports = readdirSync(folder).map((file) =>
  JSON.parse(readFileSync(path.join(folder, file), 'utf8')),
);
const sum = (field) => reports.reduce((total, report) => total + report[field], 0);

for (const { testResults } of reports) {
  for (const { name, status, message } of testResults) {
    if (status === 'failed') process.stdout.write(`${name}\n${message}\n`);
  }
}
const failed = sum('numFailedTests') + sum('numRuntimeErrorTestSuites');
const skipped = sum('numPendingTests') + sum('numTodoTests');
if (skipped > 0) process.stdout.write(`${skipped} tests did not run\n`);
process.stdout.write(`${sum('numPassedTests')} passed, ${failed} failed\n`);
process.exitCode = failed + skipped > 0 || reports.length === 0 ? 1 : 0;
