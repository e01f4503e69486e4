import {
  prepareImportSource,
  readImportSource,
  ImportSourceError,
  inSnapshot,
  type DatabaseHandle,
  type ImportSource,
} from '@nexmdm/db';
import { CommandError } from '../command-error.ts';
import { explainError } from '../explain-error.ts';
import type { Findings } from './findings.ts';

type Database = DatabaseHandle['db'];

/** What the parts of an import share. */
export interface ImportContext {
  source: ImportSource;
  target: Database;
  /** Says what would be imported, and changes nothing. */
  dryRun: boolean;
  findings: Findings;
  /** Tells how far it is. */
  progress: (text: string) => void;
  /** Reads the source as it is at one moment. */
  fromSource: FromSource;
  /** Does something with the target. */
  intoTarget: <T>(work: () => Promise<T>) => Promise<T>;
}

export type FromSource = <T>(read: (transaction: Database) => Promise<T>) => Promise<T>;

/** Reads in a transaction that can't change anything. Its failures name the source. */
export function createFromSource(database: Database, address: string): FromSource {
  return async (read) => {
    try {
      return await inSnapshot(database, async (transaction) => {
        await prepareImportSource(transaction);
        return read(transaction);
      });
    } catch (error) {
      if (error instanceof CommandError) throw error;
      throw new CommandError(
        error instanceof ImportSourceError
          ? `${address} can't be imported from: ${error.message}.`
          : `Reading ${address} failed: ${explainError(error, '--from')}. Run it again; it goes on where it was.`,
        { cause: error },
      );
    }
  };
}

/** Failures of the target name it, also in the midst of reading the source. */
export async function intoTarget<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new CommandError(
      `Writing to DATABASE_URL failed: ${explainError(error)}. Run it again; it goes on where it was.`,
      { cause: error },
    );
  }
}

/** @throws CommandError when it isn't a database of the first NexMDM */
export function describeSource(fromSource: FromSource): Promise<ImportSource> {
  return fromSource((transaction) => readImportSource(transaction));
}
