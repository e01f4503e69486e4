import { stringifyExactJson } from '@nexmdm/contracts';

/**
 * Where commands write: results to standard output, everything else to standard error, so that a
 * result can be piped on.
 */
export interface Output {
  /** The result. */
  print(text: string): void;
  printJson(value: unknown): void;
  /** Something worth knowing beside the result. */
  note(text: string): void;
  /** Replaces the line shown before; notes go above it. Nothing remains of it after `undefined`. */
  showProgress(line: string | undefined): void;
  /** Resolves when everything is written. */
  flush(): Promise<void>;
  /** Whether somebody looks at standard error rather than a file or another program. */
  readonly interactive: boolean;
  /** Whether results may be coloured. */
  readonly coloured: boolean;
}

const CLEAR_LINE = '\r\u001B[K';

export function openOutput(): Output {
  const { stdout, stderr } = process;
  // Somebody who stops reading (`| head`) doesn't turn the command into a failure.
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  let progress: string | undefined;
  const draw = () => {
    if (progress !== undefined)
      stderr.write(CLEAR_LINE + progress.slice(0, (stderr.columns ?? 80) - 1));
  };
  return {
    interactive: stderr.isTTY,
    coloured: stdout.isTTY && stdout.hasColors(),
    print(text) {
      stdout.write(`${text}\n`);
    },
    printJson(value) {
      stdout.write(`${stringifyExactJson(value)}\n`);
    },
    note(text) {
      stderr.write(`${progress === undefined ? '' : CLEAR_LINE}${text}\n`);
      draw();
    },
    async flush() {
      await Promise.all([stdout, stderr].map(written));
    },
    showProgress(line) {
      if (line === undefined && progress !== undefined) stderr.write(CLEAR_LINE);
      progress = line;
      draw();
    },
  };
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => {
      resolve();
    });
  });
}
