const NAME_WIDTH = 8;

export interface Output {
  /** A line of one of the parts, or of the launcher itself. */
  line(source: string, text: string): void;
  block(text: string): void;
  error(text: string): void;
}

/** Standard output and standard error; somebody who stops reading them does not stop us. */
export function openOutput(): Output {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  return {
    line: (source, text) => process.stdout.write(`${source.padEnd(NAME_WIDTH)}| ${text}\n`),
    block: (text) => process.stdout.write(`${text}\n`),
    error: (text) => process.stderr.write(`${text}\n`),
  };
}
