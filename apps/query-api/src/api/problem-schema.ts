import { z } from 'zod';

/** A problem document (RFC 9457), as every error is answered. */
export const problemSchema = z
  .strictObject({
    type: z.string().describe('the kind of problem, `urn:nexmdm:problem:…`'),
    title: z.string().describe('what the status means'),
    status: z.int(),
    detail: z.string().describe('what is wrong, and what to do about it'),
    errors: z
      .array(z.strictObject({ path: z.string(), message: z.string() }))
      .optional()
      .describe('one entry for each parameter or field that is wrong'),
    request_id: z.string().describe('the log has the request under this id'),
  })
  .meta({ id: 'Problem' });
