interface TimelineEntry {
  at: number;
  /** Keeps entries of the same moment in the order they came. */
  order: number;
  run: () => void;
}

/** The longest wait that setTimeout takes. */
const MAX_WAIT_MS = 2 ** 31 - 1;

/**
 * Runs things at their times with one timer, however many wait: a binary heap, the earliest on top.
 * Times are milliseconds of `performance.now()`, which no clock change moves.
 */
export class Timeline {
  readonly #heap: TimelineEntry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  #order = 0;
  #stopped = false;

  get now(): number {
    return performance.now();
  }

  /** Does nothing after `stop`. */
  at(time: number, run: () => void): void {
    if (this.#stopped) return;
    this.#push({ at: time, order: (this.#order += 1), run });
    if (time < this.#timerAt) this.#setTimer();
  }

  /** Forgets everything that waits. */
  stop(): void {
    this.#stopped = true;
    this.#heap.length = 0;
    clearTimeout(this.#timer);
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const [first] = this.#heap;
    this.#timerAt = first?.at ?? Infinity;
    if (!first) return;
    const wait = Math.min(MAX_WAIT_MS, Math.max(0, Math.ceil(first.at - this.now)));
    this.#timer = setTimeout(() => {
      this.#runDue();
    }, wait);
  }

  #runDue(): void {
    const { now } = this;
    // What is added meanwhile must not restart the timer for each of them.
    this.#timerAt = -Infinity;
    while (this.#heap[0] && this.#heap[0].at <= now) this.#pop()?.run();
    if (!this.#stopped) this.#setTimer();
  }

  #push(entry: TimelineEntry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, heap[parent])) break;
      heap[index] = heap[parent] as TimelineEntry;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): TimelineEntry | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (heap.length === 0 || !last) return first;
    let index = 0;
    while (2 * index + 1 < heap.length) {
      let child = 2 * index + 1;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child += 1;
      if (!isBefore(heap[child], last)) break;
      heap[index] = heap[child] as TimelineEntry;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: TimelineEntry | undefined, b: TimelineEntry | undefined): boolean {
  if (!a || !b) return a !== undefined;
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
