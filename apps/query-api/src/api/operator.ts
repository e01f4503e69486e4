import { validationProblem } from '@nexmdm/service';
import type { Request } from 'express';
import { z } from 'zod';

/** Who changes something: shown in logs and histories, so it has to be readable there. */
const headersSchema = z.object({
  'x-operator': z
    .string()
    .trim()
    .regex(/^[\x20-\x7e]{1,100}$/, 'must be 1 to 100 printable ASCII characters')
    .optional(),
});

/** For the description of an operation that changes something. */
export const OPERATOR_HEADER =
  'The header `x-operator` (1 to 100 printable ASCII characters) says who makes the change; without ' +
  'it the address of the client is noted.';

/** @throws HttpProblem 422 for a header that can't be shown */
export function operatorOf(req: Request): string {
  const parsed = headersSchema.safeParse({ 'x-operator': req.get('x-operator') });
  if (!parsed.success) throw validationProblem(parsed.error, 'header');
  return parsed.data['x-operator'] ?? req.ip ?? 'unknown';
}
