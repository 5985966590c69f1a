/** Channels, routes and what became of notices. */
import type { ChannelSettings, Delivery, Hours } from '../../../api/telling';
import { weekdays } from '../../en';

type Kind = ChannelSettings['kind'];

export const channelKind: Record<Kind, string> = {
  email: 'E-mail',
  slack: 'Slack',
  teams: 'Microsoft Teams',
  pagerduty: 'PagerDuty',
  webhook: 'Webhook',
  syslog: 'Syslog',
};

export const secretText: Record<Exclude<Kind, 'syslog'>, { label: string; hint: string }> = {
  email: { label: 'Password', hint: 'Of the user that signs in to the mail server' },
  slack: { label: 'Address of the incoming webhook', hint: 'https://hooks.slack.com/…' },
  teams: {
    label: 'Address of the workflow',
    hint: 'Of “Post to a channel when a webhook request is received”',
  },
  pagerduty: { label: 'Integration key', hint: 'Of an Events API v2 integration' },
  webhook: {
    label: 'Signing secret',
    hint: 'whsec_ and 24 to 64 bytes in base64. After a change the one before signs beside it for 24 hours',
  },
};

export const channelsText = {
  title: 'Channels',
  sub: 'Where notices of alerts can go. Routes say which go there.',
  what: 'channels',
  name: 'Name',
  kind: 'Kind',
  leads: 'Leads to',
  secret: 'Secret',
  state: 'State',
  on: 'On',
  off: 'Off',
  kept: 'Kept',
  missing: 'None',
  none: 'No channels yet',
  noneWhy: 'Notices are shown in the console until a channel and a route lead elsewhere.',
  add: 'New channel',
  addTitle: 'A new channel',
  create: 'Make the channel',
};

export const channelText = {
  what: 'channel',
  settings: 'Settings',
  enabled: 'Notices go there',
  host: 'Server',
  port: 'Port',
  security: 'Protection',
  security_none: 'None',
  security_starttls: 'STARTTLS',
  security_tls: 'TLS',
  user: 'User',
  userHint: 'Empty: without signing in',
  from: 'Sender',
  to: 'Recipients',
  toHint: 'One a line',
  url: 'Address',
  urlHint: 'https:// only',
  pagerdutyHint: 'Empty: PagerDuty’s own',
  facility: 'Facility',
  facilityHint: '0 to 23',
  tls: 'Over TLS',
  ca: 'Authorities (PEM)',
  caHint: 'The only ones that are trusted for it. Empty: those of the system',
  keptHint:
    'One is kept and never shown. Left empty it stays, as long as the channel leads to the same server.',
  test: 'Send a test',
  testWhy: 'Sends a real notice now, and shows what the receiver says. With PagerDuty it opens an incident.',
  testTitle: 'What the receiver said to the test',
  took: 'The receiver took it',
  refused: 'The receiver did not take it',
  status: 'Status',
  answer: 'Answer',
  duration: 'Took',
  ms: (count: number) => `${count.toLocaleString('en')} ms`,
  noAnswer: 'None',
  remove: 'Delete the channel',
  removeAsk: (name: string) => `Delete channel ${name}?`,
  removeWhat: 'With the routes to it. What waits for it is given up; the log of deliveries stays.',
  deliveries: 'Deliveries to it',
};

export const personalText = {
  title: 'E-mail to people',
  sub: 'Through which channel each person gets the e-mail that they asked for',
  channel: 'Channel',
  channelHint: 'Its server, login and sender are used; its recipients are not',
  nobody: 'None: nobody gets any',
  domains: 'Domains',
  domainsHint: 'Within which people’s addresses must be, one a line',
  what: 'settings of e-mail to people',
};

export const routesText = {
  title: 'Routes',
  sub: 'Which notices of alerts go to which channel. One that fits nothing goes nowhere, and the log says so.',
  what: 'routes',
  name: 'Name',
  channel: 'Channel',
  severity: 'Severity',
  above: (word: string) => `${word} and above`,
  allSeverities: 'All',
  types: 'Types of alerts',
  allTypes: 'All types',
  group: 'Hosts of',
  everything: 'All hosts',
  hours: 'Hours',
  always: 'Always',
  off: 'Off',
  on: 'On',
  state: 'State',
  none: 'No routes yet',
  noneWhy: 'Without a route no notice leaves the console.',
  noChannel: 'Make a channel first: a route leads to one.',
  add: 'New route',
  addTitle: 'A new route',
  editTitle: (name: string) => `Route ${name}`,
  create: 'Make the route',
  enabled: 'Notices go this way',
  typesHint: 'None chosen: all',
  limited: 'Only at certain hours',
  days: 'Days on which they begin',
  from: 'From',
  to: 'To',
  zone: 'By the clocks of',
  noDay: 'Choose one day at least',
  edit: 'Change',
  editLabel: (name: string) => `Change route ${name}`,
  remove: 'Delete',
  removeLabel: (name: string) => `Delete route ${name}`,
  removeAsk: (name: string) => `Delete route ${name}?`,
  removeWhat: 'Notices do not go this way any more.',
  removeAction: 'Delete the route',
};

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** "Mon, Tue 08:00 to 17:00, Europe/Vienna". */
export const hoursText = ({ weekdays: days, from_minute, to_minute, time_zone }: Hours): string => {
  const names = days.map((day) => weekdays[day - 1]?.slice(0, 3) ?? String(day)).join(', ');
  return `${days.length === 7 ? 'Every day' : names} ${clock(from_minute)} to ${clock(to_minute)}, ${time_zone}`;
};

export const deliveriesText = {
  title: 'Deliveries',
  sub: 'What was told to whom, and what the receivers said, newest first',
  what: 'deliveries',
  one: 'delivery',
  when: 'Announced',
  notice: 'Notice',
  channel: 'Channel',
  state: 'State',
  attempts: 'Attempts',
  said: 'Said last',
  since: 'Since',
  all: 'All',
  nowhere: 'Nowhere',
  none: 'No deliveries yet',
  noneWhy:
    'A delivery is made for each channel to which a route leads when an alert begins, and kept for 90 days.',
  noMatch: 'No delivery matches',
  noMatchWhy: 'There are others without these filters.',
  ended: 'Ended',
  identity: 'Identity of the notice',
  identityWhy: 'The same however often it is sent',
  alert: 'Alert',
  openAlert: 'Open the alert',
  attemptsTitle: 'Attempts',
  at: 'At',
  status: 'Status',
  answer: 'Answer',
  duration: 'Took',
  noAttempts: 'Not tried yet',
  unroutedWhy: 'No route led anywhere, so nobody outside of the console was told.',
  retry: 'Send once more',
  retryAsk: 'Send this notice once more?',
  retryWhat: 'A receiver that took it before can tell by the identity that it is the same.',
  retryNot: 'It waits for its next attempt already',
  retried: 'It waits for another attempt.',
};

export const deliveryState: Record<Delivery['state'], { word: string; meaning: string }> = {
  waiting: { word: 'Waiting', meaning: 'It is tried, or will be tried again' },
  delivered: { word: 'Delivered', meaning: 'The receiver took it' },
  dead: { word: 'Given up', meaning: 'The receiver refused it, or every attempt failed' },
  unrouted: { word: 'Nowhere', meaning: 'No route led to a channel' },
};

export const phaseText: Record<Delivery['phase'], string> = {
  fired: 'Began',
  acknowledged: 'Acknowledged',
  escalated: 'Became more serious',
  resolved: 'Ended',
  test: 'Test',
};
