/** A benchmark can't be run, or what it measured isn't right; the message says why. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
}
