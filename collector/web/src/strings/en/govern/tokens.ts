/** API tokens. */
import type { ApiToken } from '../../../api/tokens';

export const apiTokenState: Record<ApiToken['state'], { word: string; meaning: string }> = {
  active: { word: 'Active', meaning: 'It is good for what it names, as far as its maker may at that moment' },
  expired: { word: 'Expired', meaning: 'Its time is over' },
  revoked: { word: 'Ended', meaning: 'Somebody ended it' },
  replaced: { word: 'Replaced', meaning: 'It was rotated; who shows it raises an alarm' },
};

export const tokensText = {
  own: {
    title: 'Your API tokens',
    sub: 'For programs. Each gives what it names of what you may at that moment.',
    what: 'tokens',
    none: 'No tokens yet',
    noneWhy: 'Make one for each program, with as little as it needs.',
  },
  all: {
    title: 'API tokens',
    sub: 'Everybody’s, newest first. None gives more than its maker may at that moment.',
    what: 'API tokens',
    none: 'No tokens yet',
    noneWhy: 'People make them for their programs, on their account’s page.',
  },
  name: 'Name',
  account: 'Account',
  state: 'State',
  gives: 'Gives',
  scope: 'For the hosts of',
  allSeen: 'All that its maker sees',
  used: 'Last used',
  never: 'Never',
  made: 'Made',
  ends: 'Ends',
  permissions: (count: number) =>
    `${count.toLocaleString('en')} ${count === 1 ? 'permission' : 'permissions'}`,
  add: 'New token',
  addTitle: 'A new API token',
  create: 'Make the token',
  nameHint: 'To know it again: what uses it, and where',
  lifetime: 'Good for',
  groups: 'Groups',
  groupsHint: 'None chosen: all hosts that you see',
  choose: 'What it lets one do',
  least: 'Choose one permission at least',
  beyond: 'You may not do this yourself',
  once: 'This is its only appearance: the collector keeps a hash. Copy it now.',
  ready: (name: string) => `Token “${name}” is ready`,
  label: 'API token',
  use: 'A program shows it as the header Authorization: Bearer, followed by the token.',
  until: 'Good until',
  done: 'Done',
  rotate: 'Rotate',
  rotateLabel: (name: string) => `Rotate token ${name}`,
  rotateAsk: (name: string) => `Rotate token “${name}”?`,
  rotateWhat:
    'A new one with the same rights takes its place, for as long again. The old one ends at once: whoever shows it is refused, and that is an alarm.',
  rotateAction: 'Rotate the token',
  end: 'End',
  endLabel: (name: string) => `End token ${name}`,
  endAsk: (name: string) => `End token “${name}”?`,
  endWhat: 'Programs that use it are refused from their next request on.',
  endAction: 'End the token',
  mayNot: 'You may not make API tokens',
};

export const LIFETIMES = [
  { value: '86400', label: '1 day' },
  { value: '604800', label: '7 days' },
  { value: '2592000', label: '30 days' },
  { value: '7776000', label: '90 days' },
  { value: '31536000', label: '365 days' },
] as const;
