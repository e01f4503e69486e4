import type { SchemaWriter } from './json-schema.ts';
import type { Reference, ResponseObject } from './openapi-types.ts';
import type { HeaderDescription, Operation } from './operation.ts';
import { problemSchema } from './problem-schema.ts';

/** Of the problems that pass by themselves. */
const RETRY_AFTER: HeaderDescription = {
  description: 'seconds until it is worth another try',
  required: true,
  schema: { type: 'integer', minimum: 0 },
};
const PASSING = ['429', '503'];

const ALWAYS = () => true;
const WITH_BODY = ({ body, rawBody }: Operation) => body !== undefined || rawBody !== undefined;

/** The problems that operations have in common. */
export const SHARED_PROBLEMS = [
  {
    name: 'Malformed',
    status: '400',
    of: WITH_BODY,
    description: 'The body is malformed',
  },
  {
    name: 'Unauthorized',
    status: '401',
    of: ALWAYS,
    description: 'The admin key is missing or wrong',
  },
  {
    name: 'TooLarge',
    status: '413',
    of: WITH_BODY,
    description: 'The body is too large, or inflates to more than is allowed',
  },
  {
    name: 'UnsupportedMediaType',
    status: '415',
    of: WITH_BODY,
    description: 'The body has another content type or encoding than is taken',
  },
  {
    name: 'Invalid',
    status: '422',
    of: ALWAYS,
    description: 'A parameter or a field is not known or not valid; `errors` names each',
  },
  {
    name: 'TooManyFailures',
    status: '429',
    of: ALWAYS,
    description:
      'Too many requests without a valid admin key came from this address; `Retry-After` says how long to wait',
  },
  {
    name: 'Unavailable',
    status: '503',
    of: ALWAYS,
    description: 'The database is not available; `Retry-After` says when to come back',
  },
] as const;

/** The shared problems of an operation by status, as references. */
export function commonProblems(operation: Operation): Record<string, Reference | ResponseObject> {
  return Object.fromEntries(
    SHARED_PROBLEMS.filter(({ of }) => of(operation)).map(({ name, status }) => [
      status,
      { $ref: `#/components/responses/${name}` },
    ]),
  );
}

export function problemResponse(
  status: string,
  description: string,
  schemas: SchemaWriter,
): ResponseObject {
  return {
    description,
    ...(PASSING.includes(status) ? { headers: { 'Retry-After': RETRY_AFTER } } : {}),
    content: { 'application/problem+json': { schema: schemas.write(problemSchema, 'output') } },
  };
}
