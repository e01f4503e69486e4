/** Random numbers that a seed repeats. */
export interface Random {
  /** From 0 up to, but without, 1. */
  next(): number;
  between(low: number, high: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  pick<T>(choices: readonly [T, ...T[]]): T;
  /** A waiting time whose mean is `mean`, as between events that don't know of each other. */
  exponential(mean: number): number;
}

/**
 * The same parts give the same numbers. One generator for each device keeps what a device does
 * independent of the order in which the devices get their turn.
 */
export function createRandom(...parts: readonly (string | number)[]): Random {
  let state = hashOf(parts.join('/'));
  // Mulberry32.
  const next = () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (low, high) => low + next() * (high - low),
    chance: (probability) => next() < probability,
    pick: ([first, ...rest]) => {
      const index = Math.floor(next() * (rest.length + 1));
      return index === 0 ? first : (rest[index - 1] ?? first);
    },
    exponential: (mean) => -mean * Math.log(1 - next()),
  };
}

/** FNV-1a with a final mix, so that neighbouring numbers end far apart. */
function hashOf(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01_00_01_93);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
  return hash ^ (hash >>> 13);
}
