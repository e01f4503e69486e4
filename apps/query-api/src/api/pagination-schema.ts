import { z } from 'zod';

/** Of a list that is read by cursor and not counted. */
export const paginationSchema = z
  .strictObject({
    limit: z.int(),
    next_cursor: z.string().nullable().describe('for `cursor`; null on the last page'),
  })
  .meta({ id: 'Pagination' });
