import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Logger } from './logger.ts';
import { validationProblem } from './validation.ts';

/** The request headers of whatever changes something; for its documentation too. */
export const operatorHeadersSchema = z.object({
  'x-operator': z
    .string()
    .trim()
    // Shown in logs and histories, so it has to be readable there.
    .regex(/^[\x20-\x7e]{1,100}$/, 'must be 1 to 100 printable ASCII characters')
    .optional()
    .describe(
      'who makes the change, 1 to 100 printable ASCII characters, for logs and histories; without ' +
        'it the address of the client is noted',
    ),
});

/**
 * Who makes a change: the header `x-operator`, or the client's address.
 *
 * @throws HttpProblem 422 for a header that can't be shown
 */
export function operatorOf(req: Request): string {
  const parsed = operatorHeadersSchema.safeParse(req.headers);
  if (!parsed.success) throw validationProblem(parsed.error, 'header');
  return parsed.data['x-operator'] ?? req.ip ?? 'unknown';
}

/**
 * The trail of what is changed, and by whom; ask for it before anything is.
 *
 * @throws HttpProblem 422 for an operator that can't be shown
 */
export function changeLog(
  logger: Logger,
  req: Request,
  res: Response,
): (event: string, fields: Record<string, unknown>) => void {
  const changed_by = operatorOf(req);
  return (event, fields) => {
    logger.info(event, { request_id: String(res.locals['requestId']), changed_by, ...fields });
  };
}
