import type { JsonSchema } from '../api/json-schema.ts';
import { html, joinHtml, type Html } from './html.ts';
import { inlineMarkdown } from './markdown.ts';
import { renderTable } from './table.ts';

const COMPONENTS = '#/components/schemas/';

/** What a body looks like: a table of its fields, or a name where it has one. */
export function renderSchema(schema: JsonSchema, label: string): Html {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) {
    return html`<p>One of these:</p>
      <ul>
        ${alternatives.map((alternative) => html`<li>${renderSchema(alternative, label)}</li>`)}
      </ul>`;
  }
  const rows = fieldsOf(schema, '');
  if (rows.length === 0) return html`<p>${typeOf(schema)}${limitsOf(schema)}</p>`;
  return renderTable(label, 'Field', rows);
}

/** A row for each field, those of inner objects and lists under their path. */
function fieldsOf(schema: JsonSchema, path: string): Html[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const fieldPath = `${path}${name}`;
    const row = html`<tr>
      <th scope="row">
        <code>${fieldPath}</code>${required.has(name) ? undefined : html` <small>optional</small>`}
      </th>
      <td>${typeOf(field)}</td>
      <td>${meaningOf(field)}</td>
    </tr>`;
    const inner =
      field.items === undefined
        ? fieldsOf(field, `${fieldPath}.`)
        : fieldsOf(field.items, `${fieldPath}[].`);
    return [row].concat(inner);
  });
}

export function meaningOf(schema: JsonSchema): Html {
  const description =
    schema.description === undefined ? undefined : inlineMarkdown(schema.description);
  return html`${description}${limitsOf(schema)}`;
}

/** `string or null`, a link to a named schema, the values of an enumeration. */
export function typeOf(schema: JsonSchema): Html {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace(COMPONENTS, '');
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  if (schema.enum !== undefined) return joinHtml(schema.enum.map(codeOf), ' or ');
  if (schema.const !== undefined) return codeOf(schema.const);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) return joinHtml(alternatives.map(typeOf), ' or ');
  if (schema.items !== undefined) return html`list of ${typeOf(schema.items)}`;
  const types = [schema.type ?? 'any value'].flat().join(' or ');
  return schema.format === undefined
    ? html`${types}`
    : html`${types} <small>${schema.format}</small>`;
}

function codeOf(value: unknown): Html {
  return html`<code>${typeof value === 'string' ? value : JSON.stringify(value)}</code>`;
}

/** Bounds, default and examples, as a line of its own. */
function limitsOf(schema: JsonSchema): Html | undefined {
  const limits = [
    between(schema.minimum, schema.maximum, ''),
    between(schema.minLength, schema.maxLength, ' characters'),
    between(schema.minItems, schema.maxItems, ' entries'),
    schema.default === undefined ? undefined : html`default ${codeOf(schema.default)}`,
    schema.examples === undefined
      ? undefined
      : html`for example ${joinHtml(schema.examples.map(codeOf), ', ')}`,
  ].filter((limit) => limit !== undefined);
  if (limits.length === 0) return undefined;
  return html` <small class="limits">${joinHtml(limits, '; ')}</small>`;
}

function between(min: number | undefined, max: number | undefined, unit: string): Html | undefined {
  if (min === undefined && max === undefined) return undefined;
  if (max === undefined) return html`at least ${Number(min)}${unit}`;
  if (min === undefined) return html`at most ${max}${unit}`;
  return html`${min} to ${max}${unit}`;
}
