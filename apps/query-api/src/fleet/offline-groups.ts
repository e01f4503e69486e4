import type { OfflineGroupBy } from '@nexmdm/contracts';
import type { OfflineGroups } from '@nexmdm/db';

/** A group stands out with so many offline devices, */
const OFFLINE_MIN = 3;
/** when at least this share of it is offline, */
const SHARE_MIN = 0.5;
/** and that is so many times the share among the devices outside it. */
const TIMES_REST_MIN = 2;
/** It is the common cause when it has at least this share of all offline devices. */
const COMMON_CAUSE_SHARE = 0.5;

/** The groups with what tells whether the outage has one cause. */
export function describeGroups(groupBy: OfflineGroupBy, read: OfflineGroups) {
  const { offline, total, groupCount } = read;
  const groups = read.groups.map((group) => {
    const outside = total - group.total;
    const shareOutside = outside === 0 ? 0 : (offline - group.offline) / outside;
    const share = group.offline / group.total;
    const standsOut =
      group.value !== null &&
      group.offline >= OFFLINE_MIN &&
      share >= SHARE_MIN &&
      share >= TIMES_REST_MIN * shareOutside;
    return {
      value: group.value,
      offline: group.offline,
      total: group.total,
      offline_share: rounded(share),
      offline_share_elsewhere: rounded(shareOutside),
      share_of_all_offline: rounded(group.offline / offline),
      first_last_seen: group.first_last_seen,
      last_last_seen: group.last_last_seen,
      stands_out: standsOut,
    };
  });
  const cause = groups.find(
    (group) => group.stands_out && group.share_of_all_offline >= COMMON_CAUSE_SHARE,
  );
  return {
    group_by: groupBy,
    offline,
    total,
    group_count: groupCount,
    common_cause: cause?.value ?? null,
    groups,
  };
}

function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}
