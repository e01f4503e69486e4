/**
 * The keys of advisory locks: the first number says it is NexMDM's, the second what is locked.
 * `pg_locks` shows them as classid and objid.
 */
export const LOCK_NAMESPACE = 0x6e_65_78;

export const LOCKS = {
  migrate: 1,
  partitions: 2,
  flags: 3,
  import: 4,
  backfill: 5,
} as const;
