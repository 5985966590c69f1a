/** How long history is kept, and hosts that are no more. */
import { plural } from '../../en';

const units: Record<string, string> = { hours: 'hour', days: 'day', months: 'month' };

export const retentionText = {
  title: 'Retention',
  sub: 'How long each kind of history is kept; what is so now is always kept',
  what: 'The kinds of history',
  failed: 'The kinds of history did not load',
  kind: 'What',
  kept: 'Kept for',
  past: 'Past now',
  by: 'Set by',
  asConfigured: 'The configuration',
  change: 'Change',
  changeLabel: (kind: string) => `Change how long ${kind} is kept`,
  forever: 'Ever',
  time: (keep: number | null, unit: string) => (keep === null ? 'Ever' : plural(keep, units[unit] ?? unit)),
  rows: (rows: number) => plural(rows, 'row'),
  editTitle: (kind: string) => `How long ${kind} is kept`,
  keepFor: (unit: string) => `In ${unit}`,
  bounds: (least: number, most: number) => `${least.toLocaleString('en')} to ${most.toLocaleString('en')}`,
  keepForever: 'For ever',
  asking: 'Looking at what would go',
  nothing: 'Nothing would go now.',
  goes: (rows: number, size: string) =>
    `${plural(rows, 'row')}, ${size}, would go within moments, and not come back. Everything of it that ended before:`,
  hosts: (hosts: number) => `${plural(hosts, 'host')} would go into the archive within moments.`,
  wrong: (least: number, most: number) => `A whole number from ${least} to ${most}`,
  save: 'Keep it so long',
  reset: 'As configured',
  conflict: 'Somebody has changed this meanwhile. Look at it as it is now, then try again.',
  runs: 'What was let go',
  runsWhat: 'record of what was let go',
  noRuns: 'Nothing was let go yet',
  noRunsWhy: 'Each time that something is too old, a line says what went and how much it was.',
  when: 'When',
  before: 'What ended before',
  rowsHead: 'Rows',
  size: 'Size',
};

export const archiveText = {
  title: 'Archive',
  sub: 'Hosts that are no more, each as a file of all that was known of it',
  what: 'hosts in the archive',
  host: 'Host',
  retired: 'Retired',
  archived: 'Archived',
  size: 'File',
  lines: (lines: number) => plural(lines, 'line'),
  hash: 'SHA-256',
  none: 'No host is in the archive',
  noneWhy: 'A retired host comes here from its page, or by itself after the time that retention names.',
  fetch: 'Download',
  fetchLabel: (host: string) => `Download the file of ${host}`,
  remove: 'Delete',
  removeLabel: (host: string) => `Delete the file of ${host}`,
  removeAsk: (host: string) => `Delete the file of ${host}?`,
  removeWhat:
    'Nothing is known of that host afterwards but what the audit log says. It cannot be brought back.',
};

export const goneText = {
  retire: 'Retire host',
  retireAsk: (host: string) => `Retire ${host}?`,
  retireWhat:
    'For a machine that is no more. Its certificate is refused, it is in no list any more but that of retired hosts, and counts in no score from now on. Its past is kept.',
  reason: 'Reason',
  archive: 'Archive',
  archiveAsk: (host: string) => `Put ${host} into the archive?`,
  archiveWhat:
    'All that is known of it becomes one file, and leaves the lists. What was said of the fleet in the past is said without it then.',
  forget: 'Forget',
  forgetAsk: (host: string) => `Forget ${host}?`,
  forgetWhat:
    'All that is known of it is deleted, and no file is kept. Only the audit log still says what people did to it. This cannot be undone.',
  type: (host: string) => `Type ${host} to go on`,
  retired: (by: string, reason: string) => `Retired by ${by}: ${reason}.`,
};

/** Bytes for people: "14 MiB". */
export const sizeText = (bytes: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10)) : 0;
  const size = bytes / 1024 ** step;
  return `${size.toLocaleString('en', { maximumFractionDigits: size < 10 && step > 0 ? 1 : 0 })} ${units[step]}`;
};
