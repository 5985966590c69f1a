/** Settings of the fleet, of groups and of hosts. */
import type { InForceState, Origin } from '../../../api/layers';
import type { DriftName } from '../../../pages/layer/draft';

export const layerText = {
  what: 'settings',
  title: { fleet: 'Fleet settings', group: 'Settings of the group', host: 'Settings of this host alone' },
  fleetSub: 'What holds for every host, unless a group or the host itself says otherwise',
  nobody: 'Nothing was ever set here',
  changed: 'Changed',
  by: 'by',
  unset: 'Not set',
  on: 'On',
  off: 'Off',
  agents: 'Agents',
  reconcile: 'Full look every',
  reconcileHint: 'Seconds, 60 to 604,800. Empty: the agent’s choice',
  metrics: 'Metrics',
  send: 'Send metrics every',
  sendHint: 'Seconds, 5 to 3,600. Empty: the agent’s choice',
  kinds: 'Kinds of facts',
  kindsHint: 'What is said of single kinds. What is empty is not said here.',
  kind: 'Kind',
  look: 'Looked at',
  every: 'Seconds between two looks',
  addKind: 'Say something of a kind',
  removeKind: (kind: string) => `Say nothing of ${kind || 'this kind'}`,
  compliance: 'Compliance',
  profiles: 'Profiles',
  profilesHint: 'Those of all layers add up.',
  addProfile: 'Add a profile',
  chooseProfile: 'Choose a profile',
  removeProfile: (key: string) => `Take profile ${key} away`,
  noProfiles: 'None here',
  variables: 'Variables',
  variablesHint:
    'One a line: name = value, or rule.name = value for one rule. A whole number, a list as ["a", "b"], a text; a text of digits in quotes.',
  variablesWrong: 'Write each variable as name = value, one a line',
  drift: 'Drift',
  unknownKinds: (kinds: readonly string[]) =>
    `No host has ever reported ${kinds.join(', ')}: misspelt, or of an agent that is yet to come.`,
  mayNot: 'You may see these settings and not change them',
};

export const driftField: Record<DriftName, { label: string; hint: string }> = {
  major_points: { label: 'Major from', hint: 'Points that a host’s score falls, 1 to 100; 10 otherwise' },
  minor_points: { label: 'Minor from', hint: 'Points, 1 to 100; 5 otherwise' },
  better_points: { label: 'Better from', hint: 'Points that the score rises, 1 to 100; 5 otherwise' },
  major_hosts: { label: 'Major from so many hosts', hint: '2 to 100,000; 10 otherwise' },
  window_min: { label: 'One story within', hint: 'Minutes, 1 to 10,080; 60 otherwise' },
};

export const effectiveText = {
  what: 'settings in force',
  title: 'In force on this host',
  sub: 'What is set, and the layer that each value comes from',
  setting: 'Setting',
  value: 'Value',
  from: 'From',
  nothing: 'Nothing is set',
  nothingWhy: 'The agent’s own choices hold for everything.',
  state: 'On the host',
  since: 'Since',
  reported: 'Reported',
  version: 'Version that is set',
  versionThere: 'Version in force there',
  ownFile: 'The host’s own file alone',
  refused: 'Refused by the agent',
  disabled: (kinds: readonly string[]) =>
    `The host’s own file switches off ${kinds.join(', ')}, whatever is set.`,
  unknownKinds: (kinds: readonly string[]) => `Its agent does not know the kinds ${kinds.join(', ')}.`,
  unknownProfiles: (keys: readonly string[]) => `Its content does not have the profiles ${keys.join(', ')}.`,
  unknownVariables: (names: readonly string[]) =>
    `No rule of its content has the variables ${names.join(', ')}.`,
  agent: 'What the agent collects',
  compliance: 'What the host is held to',
  reconcile: 'Full look every',
  metrics: 'Metrics',
  send: 'Metrics sent every',
  kindLooked: (kind: string) => `${kind} looked at`,
  kindEvery: (kind: string) => `${kind}: seconds between two looks`,
  profile: 'Profile',
  seconds: (count: number) => `${count.toLocaleString('en')} s`,
};

export const inForce: Record<InForceState, { word: string; meaning: string }> = {
  in_force: { word: 'In force', meaning: 'The agent says that what is set holds there' },
  pending: { word: 'On the way', meaning: 'The agent has not said yet that it holds' },
  refused: { word: 'Refused', meaning: 'The agent refused it; what was in force before holds' },
  never_reported: { word: 'Not known', meaning: 'The agent has never said what is in force' },
  unsupported: { word: 'Not supported', meaning: 'The agent is too old for it' },
};

export const originText = (origin: Origin): string => {
  switch (origin.layer) {
    case 'host':
      return 'This host';
    case 'group':
      return `Group ${origin.name}`;
    case 'fleet':
      return 'The fleet';
  }
};
