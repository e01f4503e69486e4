import { checkValue, fieldErrors } from '@nexmdm/service';
import type { z } from 'zod';
import { CommandError } from './command-error.ts';

/**
 * What a service would refuse is said before it is asked.
 *
 * @throws CommandError that names the first bad field
 */
export function checkRequest<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
): z.output<Schema> {
  const parsed = checkValue(schema, given);
  if (parsed.success) return parsed.data;
  const [problem] = fieldErrors(parsed.error);
  throw new CommandError(
    `The ${problem?.path ?? 'request'} is not valid: ${problem?.message ?? ''}`,
  );
}
