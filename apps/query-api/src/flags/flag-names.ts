/** The run-time flags, and what each switches. */
export const FLAGS = {
  'read-from-last-status':
    'Reads of devices come from the last status (fast); off, they are derived from the history (legacy).',
  'perf-diff': 'Both ways of reading are run for a sample of requests, and compared.',
} as const;

export type FlagName = keyof typeof FLAGS;

export const FLAG_NAMES = Object.keys(FLAGS) as FlagName[];

export function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(FLAGS, name);
}
