/** Passes parts on while the next one is being read. */
export async function* readAhead<T>(parts: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = parts.next();
  try {
    for (;;) {
      const part = await next;
      if (part.done === true) return;
      next = parts.next();
      // It is waited for later; until then its failure is nobody's.
      next.catch(() => undefined);
      yield part.value;
    }
  } finally {
    await next.catch(() => undefined);
  }
}
