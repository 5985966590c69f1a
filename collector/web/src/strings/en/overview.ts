import type { Preset, WidgetId } from '../../lib/layout';

export const overview = {
  title: 'Overview',
  sub: 'What needs you now',
  subThen: 'How the fleet stood',
  arrange: 'Arrange',
  done: 'Done',
  preset: 'Arranged for',
  own: 'Own arrangement',
  hidden: 'Not shown',
  show: (name: string) => `Show ${name}`,
  up: (name: string) => `Move ${name} forward`,
  down: (name: string) => `Move ${name} back`,
  hide: (name: string) => `Hide ${name}`,
  nothingShown: 'Nothing is shown',
  nothingShownWhy: 'Every part that you may see is hidden.',
  noPermission: 'You may see no part of the overview',
  noPermissionWhy: 'An administrator can give you a role for some hosts.',
  arranged: (name: string, place: number, of: number) => `${name} is ${place} of ${of}`,
  asNow: 'as of now',
  tableOf: (name: string) => `Table: ${name}`,
  loadFailed: 'This did not load',
  all: 'All',

  fleetScore: 'Fleet score',
  withWaivers: 'Without what is waived',
  weighted: 'Weighed by severity',
  coverage: 'Stands on',
  hostsCounted: (counted: number, hosts: number) =>
    `${counted.toLocaleString('en')} of ${hosts.toLocaleString('en')} hosts`,
  asked: 'Counted',
  days: 'in 30 days',
  series: 'Score in 30 days',
  seriesText: (lowest: string, highest: string, now: string) =>
    `Score in 30 days: lowest ${lowest} %, highest ${highest} %, now ${now} %`,
  noSeries: 'Not enough is on record for a line.',
  asTable: 'Show as table',
  instant: 'Instant',
  score: 'Score',
  covered: 'Coverage',
  verdicts: 'Results by verdict',
  range: (lowest: string, highest: string) => `${lowest} to ${highest} %`,

  silentHosts: 'Silent',
  silentWhy: 'Not heard of for 24 hours: they count in no score',
  noData: 'Never told anything',
  noDataWhy: 'Nothing was ever told of them',
  countedHosts: 'Counted',
  noneSilent: 'Every host is heard of.',

  activeAlerts: 'Active alerts',
  andAbove: 'and above',
  noAlerts: 'Nothing asks for attention.',
  atLeast: (count: number) => `${count.toLocaleString('en')} or more`,

  unexplained: 'Unexplained',
  noDrift: 'All that drifted is explained.',
  hosts: (count: number) => `${count.toLocaleString('en')} ${count === 1 ? 'host' : 'hosts'}`,

  requested: 'Asked for',
  expiring: 'End within 30 days',
  noWaivers: 'None is asked for, and none ends soon.',
  until: 'until',

  noFailing: 'No rule fails.',
  rule: 'Rule',
  severity: 'Severity',
  hostsHead: 'Hosts',
  noWorst: 'No host has told results yet.',
  host: 'Host',
  stands: 'Stands',
  fails: 'Fails',
  seriousFails: 'Critical, high',
};

export const widgetName: Record<WidgetId, string> = {
  score: 'Fleet score',
  silent: 'Silent hosts',
  alerts: 'Alerts',
  drift: 'Unexplained drift',
  waivers: 'Waivers',
  failing: 'Rules that fail most',
  worst: 'Worst hosts',
};

export const presetName: Record<Preset, string> = {
  everything: 'Everything',
  operator: 'Operators',
  security: 'Security',
  auditor: 'Auditors',
};
