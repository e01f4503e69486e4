import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { JsonSchema } from '../src/api/json-schema.ts';

/**
 * Checks values against the schemas of an OpenAPI document.
 *
 * @returns a function that says what is wrong with a value; nothing when it is as it should be
 */
export function schemaCheck(document: object): (schema: JsonSchema, value: unknown) => string[] {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
  addFormats.default(ajv);
  ajv.addKeyword('components');
  return (schema, value) => {
    // References are from the document's root; a schema that is compiled on its own needs them with it.
    const { components } = document as { components: object };
    const validate = ajv.compile({ ...schema, components });
    validate(value);
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
    );
  };
}
