import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createOpenApiDocument } from './api/openapi.ts';
import { listOperations } from './app.ts';

/** Writes the API's description into `openapi.json`, for those who read it without a running service. */
const file = path.join(import.meta.dirname, '../openapi.json');
writeFileSync(file, `${JSON.stringify(createOpenApiDocument(listOperations()), null, 2)}\n`);
