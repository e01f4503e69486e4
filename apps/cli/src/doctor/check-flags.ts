import { flagSchema, type FlagView } from '@nexmdm/contracts';
import { z } from 'zod';
import { callApi } from '../api-client.ts';
import { CommandError, UnreachableError } from '../command-error.ts';
import type { CliConfig } from '../config.ts';
import { queryApi } from '../query-api.ts';
import { findingsOf, runCheck, type Finding } from './finding.ts';

const AREA = 'query-api';
const READS = 'read-from-last-status';
const COMPARISON = 'perf-diff';
const REQUEST_TIMEOUT_MS = 3_000;
const SEE_ABOVE = 'see the other checks of query-api';
const SET = 'npx --yes pnpm nexmdm flags set';
const { ok, warn } = findingsOf(AREA);

/** Whether query-api reads as it should. That it is away is the failure of another check. */
export async function checkFlags(config: CliConfig): Promise<Finding[]> {
  if (config.adminKey === undefined) return [];
  return runCheck(AREA, 'flags', SEE_ABOVE, async () => {
    const request = { ...queryApi(config), path: '/ops/flags', timeoutMs: REQUEST_TIMEOUT_MS };
    try {
      return judgeFlags((await callApi(request, answerSchema)).flags);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const reason = error instanceof UnreachableError ? error.problem : error.message;
      return [warn('flags', `can't be asked: ${reason}`, SEE_ABOVE)];
    }
  });
}

const answerSchema = z.object({ flags: z.array(flagSchema) });

export function judgeFlags(flags: readonly FlagView[]): Finding[] {
  return flags.flatMap((flag) => {
    if (flag.name === READS) return [judgeReads(flag)];
    return flag.name === COMPARISON && flag.enabled ? [noteComparison(flag)] : [];
  });
}

function judgeReads(flag: FlagView): Finding {
  if (flag.enabled) return ok(READS, 'on: reads come from the last status');
  return warn(
    READS,
    `off ${origin(flag)}: reads are derived from the history (legacy), which is slow`,
    flag.default
      ? `"${SET} ${READS} default" switches back`
      : `"${SET} ${READS} on" switches over, and so does READ_FROM_LAST_STATUS=true for query-api`,
  );
}

function noteComparison(flag: FlagView): Finding {
  return ok(
    COMPARISON,
    `on ${origin(flag)}: reads are run both ways and compared, which costs the database more; "${SET} ${COMPARISON} off" ends it`,
  );
}

function origin({ source, changed_at, changed_by }: FlagView): string {
  if (source === 'environment') return 'by the setting of query-api';
  return `since ${changed_at ?? 'an unknown time'}, set by ${changed_by ?? 'nobody known'}`;
}
