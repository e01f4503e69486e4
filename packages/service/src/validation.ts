import type { z } from 'zod';
import { HttpProblem, type FieldError } from './problem.ts';
import { validationMessage } from './validation-message.ts';

/** At most this many field errors are listed; a body can have thousands. */
const MAX_FIELD_ERRORS = 50;
/** A path and a message can hold names that the client chose. */
const MAX_CHARACTERS = 200;

/** `schema.safeParse`, with messages that say what to do. */
export function checkValue<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.ZodSafeParseResult<z.output<Schema>> {
  return schema.safeParse(value, { error: validationMessage });
}

/** What was found, one entry a field, the path in dots. A wrong union member counts once. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues
    .flatMap(toFieldErrors)
    .slice(0, MAX_FIELD_ERRORS)
    .map(({ path, message }) => ({
      path: path.slice(0, MAX_CHARACTERS),
      message: message.slice(0, MAX_CHARACTERS),
    }));
}

function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  // Zod reports unknown fields at the object that they are in.
  const paths =
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => [...issue.path, key])
      : [issue.path];
  return paths.map((path) => ({ path: path.map(String).join('.'), message: issue.message }));
}

/** @throws HttpProblem 422 that names each bad field */
export function parseOrReject<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = checkValue(schema, value);
  if (result.success) return result.data;
  throw validationProblem(result.error, what);
}

export function validationProblem(error: z.ZodError, what: string): HttpProblem {
  return new HttpProblem({
    status: 422,
    code: 'validation-failed',
    detail: `The ${what} is not valid; see errors.`,
    errors: fieldErrors(error),
  });
}
