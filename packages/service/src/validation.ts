import type { z } from 'zod';
import { HttpProblem, type FieldError } from './problem.ts';

/** At most this many field errors are listed; a body can have thousands. */
const MAX_FIELD_ERRORS = 50;
/** A path and a message can hold names that the client chose. */
const MAX_CHARACTERS = 200;

/** What zod found, one entry a field, the path in dots. A wrong union member counts once. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.slice(0, MAX_FIELD_ERRORS).map((issue) => ({
    path: issue.path.map(String).join('.').slice(0, MAX_CHARACTERS),
    message: issue.message.slice(0, MAX_CHARACTERS),
  }));
}

/** @throws HttpProblem 422 that names each bad field */
export function parseOrReject<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
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
