import { sql, type RawBuilder } from 'kysely';
import { statusFromHistory } from './status-from-history.ts';

/** Where the state of the fleet is read from. */
export interface StatusSource {
  /** A table or a query in parentheses, with the columns of the last status. */
  table: RawBuilder<unknown>;
  /** The same, for reads of the whole fleet: it is made once, and not for each device anew. */
  whole: RawBuilder<unknown>;
  /**
   * Whether its indexes and its hints can be used: `seen_bucket`, and that a device with facts has
   * reported.
   */
  indexed: boolean;
}

/** Fast: the table that the writer keeps. */
export const LAST_STATUS: StatusSource = {
  table: sql`device_last_status`,
  whole: sql`device_last_status`,
  indexed: true,
};

/** Legacy: derived from the whole history, each time. */
export const HISTORY: StatusSource = {
  table: sql`(${statusFromHistory()})`,
  // OFFSET keeps the planner from deriving it once for each device that it is joined to.
  whole: sql`(${statusFromHistory()} OFFSET 0)`,
  indexed: false,
};
