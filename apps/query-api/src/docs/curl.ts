import type { OperationObject, ParameterObject } from '../api/openapi-types.ts';

const FILE_NAMES: Readonly<Record<string, string>> = {
  'text/csv': 'devices.csv',
  'application/x-ndjson': 'devices.ndjson',
};

/** A request to try an operation with, for a shell that has `$KEY` and `$QUERY`. */
export function curlExample(method: string, path: string, operation: OperationObject): string {
  const parts = ['curl -s'];
  if (method !== 'get') parts.push(`-X ${method.toUpperCase()}`);
  if (Object.keys(operation.responses).some((status) => isStream(operation, status))) {
    parts.push('-N');
  }
  parts.push('-H "x-admin: $KEY"');
  const [type, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (type === 'application/json') {
    const body = JSON.stringify(media?.example ?? {}).replaceAll("'", String.raw`'\''`);
    parts.push(`-H 'content-type: application/json' -d '${body}'`);
  } else if (type !== undefined) {
    parts.push(`-H 'content-type: ${type}' --data-binary @${FILE_NAMES[type] ?? 'body'}`);
  }
  parts.push(`"$QUERY${fill(path, operation.parameters ?? [])}"`);
  return parts.join(' ');
}

function isStream({ responses }: OperationObject, status: string): boolean {
  const response = responses[status];
  return response !== undefined && 'content' in response && 'text/event-stream' in response.content;
}

/** The path with examples in place of its parameters, and with the parameters it can't do without. */
function fill(path: string, parameters: readonly ParameterObject[]): string {
  const example = ({ schema }: ParameterObject) => {
    const value = schema.examples?.[0] ?? schema.default ?? schema.enum?.[0] ?? '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  let filled = path;
  const query = new URLSearchParams();
  for (const parameter of parameters.filter(({ required }) => required)) {
    const { in: place, name } = parameter;
    if (place === 'path') filled = filled.replace(`{${name}}`, example(parameter));
    if (place === 'query') query.set(name, example(parameter));
  }
  return query.size === 0 ? filled : `${filled}?${query.toString()}`;
}
