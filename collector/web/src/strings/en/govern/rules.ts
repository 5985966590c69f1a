/** Alert rules, silences and maintenance windows. */
import type { Condition, MaintenanceWindow } from '../../../api/telling';
import { alertTypeText, weekdays } from '../../en';

const more: Record<string, string> = {
  scheduler_stopped: 'Scheduler stopped',
  host_expression: 'Expression over hosts',
  event_expression: 'Expression over events',
  exception_requested: 'Waiver requested',
  exception_expiring: 'Waiver expires soon',
  exception_expired: 'Waiver expired',
  drift: 'Drift',
};

/** A type of alerts, those too that only routes name. */
export const routeTypeText = (type: string): string => more[type] ?? alertTypeText(type);

type Sort = Condition['sort'];

export const sortText: Record<Sort, { word: string; says: string }> = {
  finding: { word: 'A rule fails', says: 'Rules of this severity fail on hosts; an alert for each rule' },
  score_drop: { word: 'A score fell', says: 'The score of hosts fell by so much within so long' },
  score_below: { word: 'A score is low', says: 'The score of hosts is below so much' },
  falling: { word: 'A score keeps falling', says: 'The score of hosts fell day after day' },
  unreachable: { word: 'A host is away', says: 'Hosts are not heard of for so long' },
  silent: { word: 'A host is silent', says: 'Hosts sent no results for so long' },
  errors: { word: 'Rules are in error', says: 'So many rules could not be decided on a host' },
  behind: { word: 'The collector is behind', says: 'Results of so many hosts wait for so long' },
  event: { word: 'An event', says: 'Events of these codes happened; an alert for each code' },
  mass: { word: 'The same on many hosts', says: 'A rule began to fail on so many hosts within so long' },
  stalled: { word: 'The scheduler stopped', says: 'Nothing was done by the clock for so long' },
  host_expression: {
    word: 'An expression over hosts',
    says: 'The expression is true for hosts as they stand',
  },
  event_expression: { word: 'An expression over events', says: 'The expression is true for what happened' },
  waiver_requested: {
    word: 'A waiver is asked for',
    says: 'Somebody asks for a waiver, and nobody has decided',
  },
  waiver_expiring: { word: 'A waiver expires soon', says: 'A waiver has so many days left' },
  waiver_expired: { word: 'A waiver expired', says: 'A waiver expired within so long' },
  drift: { word: 'Drift', says: 'Hosts are not as they were, and it matters so much' },
};

export const figureText: Record<string, string> = {
  points: 'Points',
  hours: 'Hours',
  percent: 'Percent',
  days: 'Days',
  seconds: 'Seconds',
  least: 'Rules in error',
  hosts: 'Hosts',
  minutes: 'Minutes',
};

export const levelText = { none: 'Any', minor: 'Minor and above', major: 'Major' };
export const standsText = {
  unexplained: 'Unexplained',
  acknowledged: 'Acknowledged',
  expected: 'Expected',
};

export const rulesText = {
  title: 'Alert rules',
  sub: 'What alerts are made by. A rule that is off makes none.',
  what: 'alert rules',
  one: 'alert rule',
  name: 'Name',
  condition: 'Condition',
  severity: 'Severity',
  own: 'As what it is about',
  group: 'Hosts of',
  everything: 'All hosts',
  escalates: 'Grows more serious',
  never: 'Never',
  after: (minutes: number) => `After ${minutes.toLocaleString('en')} min`,
  state: 'State',
  on: 'On',
  off: 'Off',
  none: 'No alert rules',
  noneWhy: 'Nothing makes an alert until there is one.',
  add: 'New alert rule',
  addTitle: 'A new alert rule',
  create: 'Make the alert rule',
  definition: 'Definition',
  enabled: 'Alerts are made by it',
  escalate: 'More serious after',
  escalateHint: 'Minutes without somebody who acknowledges it, 1 to 10,080. Empty: never',
  codes: 'Codes of events',
  codesHint: 'An alert for each that happens',
  noCode: 'Choose one code at least',
  when: 'Expression',
  whenHost: 'CEL over hostname, labels, state and posture: posture.score < 90.0 && labels.tier == "prod"',
  whenEvent:
    'CEL over hostname, labels and event: event.code == "package.updated" && event.subject == "openssl"',
  level: 'Matters at least',
  stands: 'Stands',
  remove: 'Delete the alert rule',
  removeAsk: (name: string) => `Delete alert rule ${name}?`,
  removeWhat: 'With its alerts. What it would have told, nobody is told any more.',
  replaced: 'Its alerts end when nothing of them is so by what is said now.',
};

export const silencesText = {
  title: 'Silences',
  sub: 'Nobody hears of alerts that fit. They are opened and shown as ever, and what is so still at the end is told then.',
  what: 'silences',
  about: 'About',
  reason: 'Reason',
  from: 'From',
  to: 'Until',
  by: 'By',
  state: 'State',
  running: 'In force',
  planned: 'Planned',
  ended: 'Ended',
  showEnded: 'Show those that have ended',
  none: 'No silences',
  noneWhy: 'Every alert is told of as its routes say.',
  add: 'New silence',
  addTitle: 'A new silence',
  create: 'Silence',
  rule: 'Alert rule',
  anyRule: 'Any',
  key: 'Key',
  keyHint: 'A rule of content, or the code of an event',
  host: 'Host',
  hostHint: 'Alerts about it and nothing else',
  group: 'Group',
  anyGroup: 'Any',
  groupHint: 'Alerts about hosts of it and nothing else',
  lasts: 'For',
  sayOne: 'Say what it is about: a rule, a key, a host or a group',
  reasonHint: 'For those who wonder why nobody was told',
  end: 'End',
  endLabel: (about: string) => `End the silence about ${about}`,
  endAsk: 'End this silence?',
  endWhat: 'What of its alerts is so still is told within moments.',
  endAction: 'End the silence',
};

export const LASTS = [
  { value: '1', label: '1 hour' },
  { value: '4', label: '4 hours' },
  { value: '24', label: '1 day' },
  { value: '72', label: '3 days' },
  { value: '168', label: '1 week' },
  { value: '720', label: '30 days' },
] as const;

export const maintenanceText = {
  title: 'Maintenance windows',
  sub: 'While one is open nothing begins to alert for its hosts. That they are away is recorded as ever, and flagged.',
  what: 'maintenance windows',
  one: 'maintenance window',
  for: 'For',
  when: 'When',
  reason: 'Reason',
  state: 'State',
  open: 'Open now',
  closed: 'Closed',
  over: 'Over',
  by: 'Planned by',
  none: 'No maintenance windows',
  noneWhy: 'Plan one before work that takes hosts away.',
  add: 'New window',
  addTitle: 'A new maintenance window',
  editTitle: 'Change the maintenance window',
  create: 'Plan the window',
  about: 'For what',
  aboutHost: 'One host',
  aboutGroup: 'A group',
  host: 'Host',
  hostHint: 'A few letters of its name',
  group: 'Group',
  from: 'From',
  fromHint: 'now',
  to: 'To',
  sort: 'How often',
  once: 'Once',
  weekly: 'Each week',
  weekday: 'Day',
  start: 'Begins (UTC)',
  duration: 'Lasts, minutes',
  durationHint: '1 to 10,079. Weekly windows are in UTC.',
  sayHost: 'Choose a host',
  sayGroup: 'Choose a group',
  edit: 'Change',
  editLabel: (reason: string) => `Change window: ${reason}`,
  remove: 'Delete',
  removeLabel: (reason: string) => `Delete window: ${reason}`,
  removeAsk: 'Delete this maintenance window?',
  removeWhat: 'What was recorded while it was open stays flagged. What is so still may alert from now on.',
  removeAction: 'Delete the window',
  untilFurther: 'until further notice',
};

/** "Each Sunday 02:00 UTC, 90 min". */
export const weeklyText = ({
  weekday,
  start_minute,
  duration_minutes,
}: NonNullable<MaintenanceWindow['weekly']>) => {
  const two = (n: number) => String(n).padStart(2, '0');
  const clock = `${two(Math.floor(start_minute / 60))}:${two(start_minute % 60)}`;
  return `Each ${weekdays[weekday - 1] ?? weekday} ${clock} UTC, ${duration_minutes.toLocaleString('en')} min`;
};
