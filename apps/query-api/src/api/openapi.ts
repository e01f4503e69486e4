import packageJson from '../../package.json' with { type: 'json' };
import { SchemaWriter } from './json-schema.ts';
import { describeOperation } from './openapi-operation.ts';
import { problemResponse, SHARED_PROBLEMS } from './openapi-problems.ts';
import type { OpenApiDocument } from './openapi-types.ts';
import type { Operation } from './operation.ts';

/** The groups of operations, in the order of the document. */
const TAGS: Readonly<Record<string, string>> = {
  fleet: 'The fleet as a whole: what is offline or down, and why',
  devices: 'Devices and their newest state',
  history: 'What a device reported over time',
  registry: 'Registers, changes and removes devices and their tokens',
  events: 'What changes, as it happens',
  operations: 'Run-time flags and what they switch',
};

/**
 * The OpenAPI document of these operations.
 *
 * @throws Error when something about an operation is not documented: its tag, a parameter of its path
 */
export function createOpenApiDocument(operations: readonly Operation[]): OpenApiDocument {
  const schemas = new SchemaWriter();
  const paths: OpenApiDocument['paths'] = {};
  for (const tag of Object.keys(TAGS)) {
    for (const operation of operations.filter((candidate) => candidate.tag === tag)) {
      paths[operation.path] = {
        ...paths[operation.path],
        [operation.method]: describeOperation(operation, schemas),
      };
    }
  }
  requireTags(operations);
  const responses = Object.fromEntries(
    SHARED_PROBLEMS.map(({ name, status, description }) => [
      name,
      problemResponse(status, description, schemas),
    ]),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'NexMDM query API',
      version: packageJson.version,
      description:
        'What operators ask and change: the fleet, the devices and their history, run-time flags. ' +
        'Every request carries the admin key. Errors are `application/problem+json`; their `detail` ' +
        'says what to do. Parameters that are not listed are refused. Times are ISO-8601 in UTC.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The service that this document comes from' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ adminKey: [] }, { adminKeyLong: [] }, { bearer: [] }],
    paths,
    components: {
      schemas: sorted(schemas.components),
      responses,
      securitySchemes: {
        adminKey: { type: 'apiKey', in: 'header', name: 'x-admin', description: 'the admin key' },
        adminKeyLong: {
          type: 'apiKey',
          in: 'header',
          name: 'x-admin-key',
          description: 'the admin key, under its longer name',
        },
        bearer: { type: 'http', scheme: 'bearer', description: 'the admin key as a bearer token' },
      },
    },
  };
}

function requireTags(operations: readonly Operation[]): void {
  for (const { operationId, tag } of operations) {
    if (!(tag in TAGS))
      throw new Error(`${operationId} has the tag ${tag}, which has no description.`);
  }
}

function sorted<T>(entries: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
}
