import { z } from 'zod';

/** What of JSON Schema (draft 2020-12) the API's schemas use. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
  allOf?: readonly JsonSchema[];
  enum?: readonly unknown[];
  const?: unknown;
  default?: unknown;
  examples?: readonly unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  /** What is documented of a query parameter in place of the text that it is parsed from. */
  parameter?: JsonSchema;
}

/** Where a document keeps the schemas that have a name. */
const COMPONENTS = '#/components/schemas/';

/** Writes zod schemas as JSON Schema, and puts those with a name (`.meta({ id })`) aside. */
export class SchemaWriter {
  /** The schemas that have a name. */
  readonly components: Record<string, JsonSchema> = {};

  /**
   * @param io `input` for what is sent to the API, `output` for what it answers
   * @throws Error when two schemas that differ have one name
   */
  write(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const { $defs = {}, ...root } = z.toJSONSchema(schema, {
      target: 'draft-2020-12',
      io,
      // A bigint: its `.meta()` says what it is in JSON.
      unrepresentable: 'any',
      override: ({ zodSchema: { _zod }, jsonSchema }) => {
        // The default of a parameter that is parsed is a value of what it is parsed into.
        if (_zod.def.type !== 'default' || !('parameter' in jsonSchema)) return;
        jsonSchema.default = _zod.def.defaultValue;
      },
    }) as JsonSchema & { $defs?: Record<string, JsonSchema>; $schema?: string };
    for (const [name, definition] of Object.entries($defs)) this.#addComponent(name, definition);
    delete root.$schema;
    return tidy(root);
  }

  #addComponent(name: string, definition: JsonSchema): void {
    const schema = tidy(definition);
    const known = this.components[name];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`Two different schemas have the name ${name}.`);
    }
    this.components[name] = schema;
  }
}

/** Points to the named schemas, and leaves out what makes a schema longer and no clearer. */
function tidy(schema: JsonSchema): JsonSchema {
  const written = { ...schema };
  if (schema.$ref !== undefined) written.$ref = schema.$ref.replace('#/$defs/', COMPONENTS);
  // The format says it.
  if (schema.format === 'date-time' || schema.format === 'uuid') delete written.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete written.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete written.maximum;
  // A type that `.meta()` gave a union stands for all of it.
  if (schema.anyOf !== undefined && schema.type !== undefined) delete written.anyOf;
  if (schema.properties !== undefined) {
    written.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, tidy(property)]),
    );
  }
  if (typeof schema.additionalProperties === 'object') {
    written.additionalProperties = tidy(schema.additionalProperties);
  }
  if (schema.items !== undefined) written.items = tidy(schema.items);
  for (const kind of ['anyOf', 'oneOf', 'allOf'] as const) {
    if (written[kind] !== undefined) written[kind] = written[kind].map(tidy);
  }
  return orNull(written);
}

/** `{anyOf: [{type: 'string'}, {type: 'null'}]}` -> `{type: ['string', 'null']}` */
function orNull(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema;
  const [value, nothing, ...others] = anyOf ?? [];
  const simple =
    others.length === 0 &&
    nothing?.type === 'null' &&
    typeof value?.type === 'string' &&
    value.const === undefined;
  if (!simple) return schema;
  return {
    ...value,
    ...rest,
    type: [String(value.type), 'null'],
    ...(value.enum === undefined ? {} : { enum: [...value.enum, null] }),
  };
}
