import { atMostOncePer } from './note-throttle.ts';
import type { Output } from './output.ts';

const LIVE_EVERY_MS = 200;
const LINE_EVERY_MS = 10_000;

/** Says how far a command is. */
export interface ProgressLine {
  /** On a terminal in place of the text before; else a line of its own, now and then. */
  show(text: string): void;
  /** Nothing of it remains on the terminal. */
  end(): void;
}

export function openProgressLine(output: Output): ProgressLine {
  const show = output.interactive
    ? atMostOncePer(LIVE_EVERY_MS, (text) => {
        output.showProgress(text);
      })
    : atMostOncePer(LINE_EVERY_MS, (text) => {
        output.note(text);
      });
  return {
    show,
    end() {
      if (output.interactive) output.showProgress(undefined);
    },
  };
}
