import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { z } from 'zod';
import { ANSWER_EXAMPLES, BODY_EXAMPLES } from '../src/api/examples.ts';
import { SchemaWriter } from '../src/api/json-schema.ts';
import { createOpenApiDocument } from '../src/api/openapi.ts';
import type { Operation } from '../src/api/operation.ts';
import { integerParameter } from '../src/api/parameters.ts';
import { listOperations } from '../src/app.ts';
import { schemaCheck } from './schema-check.ts';

const document = createOpenApiDocument(listOperations());
const asJson = JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

describe('the OpenAPI document', () => {
  test('is a valid one, says a validator that knows nothing of it', async () => {
    const { valid, errors } = await new Validator().validate(asJson);
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  test('is what openapi.json holds; `pnpm --filter @nexmdm/query-api openapi` writes it', () => {
    const file = path.join(import.meta.dirname, '../openapi.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(asJson);
  });

  test('has every operation, once and with all that one needs to use it', () => {
    expect(operations).toHaveLength(listOperations().length);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { responses, requestBody } of operations) {
      const statuses = Object.keys(responses);
      expect(statuses.some((status) => status.startsWith('2'))).toBe(true);
      expect(statuses).toEqual(expect.arrayContaining(['401', '422']));
      if (requestBody !== undefined) expect(statuses).toContain('415');
    }
  });

  test('its examples are what their schemas allow, and of operations there are', () => {
    const check = schemaCheck(document);
    const left = new Set([...Object.keys(ANSWER_EXAMPLES), ...Object.keys(BODY_EXAMPLES)]);
    for (const { operationId, requestBody, responses } of operations) {
      left.delete(operationId);
      for (const response of [requestBody, ...Object.values(responses)]) {
        const content = response !== undefined && 'content' in response ? response.content : {};
        for (const { schema, example } of Object.values(content)) {
          if (example !== undefined) expect(check(schema, example)).toEqual([]);
        }
      }
    }
    expect([...left]).toEqual([]);
  });
});

describe('documenting an operation', () => {
  const operation: Operation = {
    method: 'get',
    path: '/v1/devices',
    operationId: 'test',
    tag: 'devices',
    summary: 'A test',
    answers: { 204: { description: 'Nothing' } },
  };

  test('says of a parameter what it means, not how it is parsed', () => {
    const query = z.strictObject({
      days: integerParameter(1, 9).default(3).describe('how long'),
      word: z.string().max(5),
    });
    const { parameters } = createOpenApiDocument([{ ...operation, query }]).paths['/v1/devices']
      ?.get ?? { parameters: [] };
    expect(parameters).toEqual([
      {
        name: 'days',
        in: 'query',
        required: false,
        description: 'how long',
        schema: { type: 'integer', minimum: 1, maximum: 9, default: 3 },
      },
      { name: 'word', in: 'query', required: true, schema: { type: 'string', maxLength: 5 } },
    ]);
  });

  test('has headers of the request and of the answer', () => {
    const headers = z.object({ 'x-why': z.string().max(9).optional().describe('a reason') });
    const count = { description: 'how many', required: true, schema: { type: 'integer' } };
    const described = createOpenApiDocument([
      {
        ...operation,
        headers,
        answers: { 204: { description: 'Nothing', headers: { 'x-count': count } } },
        problems: { 404: 'None', 503: 'Later' },
      },
    ]).paths['/v1/devices']?.get;
    expect(described?.parameters).toEqual([
      {
        name: 'x-why',
        in: 'header',
        required: false,
        description: 'a reason',
        schema: { type: 'string', maxLength: 9 },
      },
    ]);
    expect(described?.responses['204']).toMatchObject({ headers: { 'x-count': count } });
    expect(described?.responses['404']).not.toHaveProperty('headers');
    expect(described?.responses['503']).toHaveProperty(
      ['headers', 'Retry-After', 'required'],
      true,
    );
  });

  test.each([
    [{ tag: 'misc' }, 'misc'],
    [{ path: '/v1/devices/{serial}' }, 'serial'],
  ])('is refused where something would stay without a description: %j', (change, named) => {
    expect(() => createOpenApiDocument([{ ...operation, ...change }])).toThrow(named);
  });
});

describe('schemas', () => {
  const write = (schema: z.ZodType) => new SchemaWriter().write(schema, 'output');

  test('are as short as can be', () => {
    expect(write(z.int().nullable())).toEqual({ type: ['integer', 'null'] });
    expect(write(z.enum(['a', 'b']).nullable())).toEqual({
      type: ['string', 'null'],
      enum: ['a', 'b', null],
    });
    expect(write(z.array(z.guid()))).toEqual({
      type: 'array',
      items: { type: 'string', format: 'uuid' },
    });
    const either = z.union([z.bigint(), z.int()]).meta({ type: 'integer', format: 'int64' });
    expect(write(either.nullable())).toEqual({ type: ['integer', 'null'], format: 'int64' });
  });

  test('keep the fields that are named as a part of a schema is', () => {
    const fields = z.strictObject({ pattern: z.string(), format: z.guid(), minimum: z.number() });
    expect(Object.keys(write(fields).properties ?? {})).toEqual(['pattern', 'format', 'minimum']);
  });

  test('with a name are put aside; two with the same name must be the same', () => {
    const writer = new SchemaWriter();
    const first = z.strictObject({ a: z.string() }).meta({ id: 'SchemaTestName' });
    const reference = { $ref: '#/components/schemas/SchemaTestName' };
    expect(writer.write(z.array(first), 'output')).toEqual({ type: 'array', items: reference });
    expect(writer.write(first, 'output')).toEqual(reference);
    expect(Object.keys(writer.components)).toEqual(['SchemaTestName']);
    writer.components['SchemaTestName'] = { type: 'string' };
    expect(() => writer.write(first, 'output')).toThrow('SchemaTestName');
  });
});
