import type { z } from 'zod';
import { ANSWER_EXAMPLES, BODY_EXAMPLES } from './examples.ts';
import type { JsonSchema, SchemaWriter } from './json-schema.ts';
import { commonProblems, problemResponse } from './openapi-problems.ts';
import type { OperationObject, ParameterObject, ResponseObject } from './openapi-types.ts';
import type { AnswerDescription, HeaderDescription, Operation } from './operation.ts';

/** The parameters that paths have. */
const PATH_PARAMETERS: Readonly<Record<string, { description: string; schema: JsonSchema }>> = {
  id: {
    description: 'the id of the device',
    schema: {
      type: 'string',
      format: 'uuid',
      examples: ['0b6f8a54-3f0e-4c58-9d0e-5a1c7d2e9f10'],
    },
  },
  name: {
    description: 'the name of the flag',
    schema: { type: 'string', examples: ['read-from-last-status'] },
  },
};

/** Of lists by cursor. */
const LINK: HeaderDescription = {
  description: 'the next page, `rel="next"`; none on the last page',
  required: false,
  schema: { type: 'string' },
};

/**
 * An operation as the OpenAPI document has it.
 *
 * @throws Error when a parameter of its path is not documented
 */
export function describeOperation(operation: Operation, schemas: SchemaWriter): OperationObject {
  const query = describeParameters('query', operation.query, schemas);
  const headers = describeParameters('header', operation.headers, schemas);
  const parameters = [...pathParameters(operation), ...query, ...headers];
  const paged = query.some(({ name }) => name === 'cursor');
  const problems = { ...commonProblems(operation) };
  for (const [status, description] of Object.entries(operation.problems ?? {})) {
    problems[status] = problemResponse(status, description, schemas);
  }
  return {
    operationId: operation.operationId,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...requestBody(operation, schemas),
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.answers).map(([status, answer], index) => [
          status,
          describeAnswer(answer, {
            schemas,
            paged,
            example: index === 0 ? ANSWER_EXAMPLES[operation.operationId] : undefined,
          }),
        ]),
      ),
      ...problems,
    },
  };
}

function pathParameters({ path }: Operation): ParameterObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => pathParameter(path, name));
}

function pathParameter(path: string, name: string): ParameterObject {
  const known = PATH_PARAMETERS[name];
  if (known === undefined) throw new Error(`The parameter ${name} of ${path} has no description.`);
  return { name, in: 'path', required: true, ...known };
}

function describeParameters(
  place: 'query' | 'header',
  all: z.ZodType | undefined,
  schemas: SchemaWriter,
): ParameterObject[] {
  if (all === undefined) return [];
  const { properties = {}, required = [] } = schemas.write(all, 'input');
  return Object.entries(properties).map(([name, property]) =>
    describeParameter({ name, in: place, required: required.includes(name) }, property),
  );
}

function describeParameter(
  parameter: Pick<ParameterObject, 'name' | 'in' | 'required'>,
  { description, parameter: documented, ...parsed }: JsonSchema,
): ParameterObject {
  const fallback = parsed.default === undefined ? {} : { default: parsed.default };
  return {
    ...parameter,
    ...(description === undefined ? {} : { description }),
    schema: documented === undefined ? parsed : { ...fallback, ...documented },
  };
}

function requestBody(
  { body, rawBody, operationId }: Operation,
  schemas: SchemaWriter,
): Pick<OperationObject, 'requestBody'> {
  if (body !== undefined) {
    const example = BODY_EXAMPLES[operationId];
    const json = {
      schema: schemas.write(body.schema, 'input'),
      ...(example === undefined ? {} : { example }),
    };
    return {
      requestBody: { required: body.optional !== true, content: { 'application/json': json } },
    };
  }
  if (rawBody === undefined) return {};
  return {
    requestBody: {
      description: rawBody.description,
      required: true,
      content: Object.fromEntries(
        rawBody.contentTypes.map((type) => [type, { schema: { type: 'string' } }]),
      ),
    },
  };
}

function describeAnswer(
  { description, schema, contentType, headers: own = {} }: AnswerDescription,
  options: { schemas: SchemaWriter; paged: boolean; example: unknown },
): ResponseObject {
  const { schemas, paged, example } = options;
  const headers = { ...(paged ? { Link: LINK } : {}), ...own };
  const media =
    schema === undefined
      ? { schema: { type: 'string' } }
      : {
          schema: schemas.write(schema, 'output'),
          ...(example === undefined ? {} : { example }),
        };
  return {
    description,
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(schema === undefined && contentType === undefined
      ? {}
      : { content: { [contentType ?? 'application/json']: media } }),
  };
}
