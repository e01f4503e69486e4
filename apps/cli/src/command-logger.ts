import type { Logger } from '@nexmdm/service';
import type { Output } from './output.ts';

/**
 * The logger for what the packages log: shown only to somebody who looks for a cause
 * (`LOG_LEVEL=debug`), because commands say themselves what went wrong.
 */
export function createCommandLogger(output: Output, debug: boolean): Logger {
  const write = (event: string, fields?: Record<string, unknown>) => {
    if (!debug) return;
    const error = fields?.['error'];
    const shown = error instanceof Error ? { ...fields, error: error.message } : fields;
    output.note(`${event} ${JSON.stringify(shown ?? {})}`);
  };
  return { debug: write, info: write, warn: write, error: write, close: () => Promise.resolve() };
}
