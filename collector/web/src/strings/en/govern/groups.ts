/** Groups of hosts. */
import type { Why } from '../../../api/groups';
import { plural } from '../../en';

export const groupsText = {
  title: 'Groups',
  sub: 'Hosts that belong together: settings, roles, windows and rollouts are for groups',
  what: 'groups',
  group: 'Group',
  hosts: 'Hosts',
  members: 'Members by',
  precedence: 'Precedence',
  made: 'Made',
  none: 'No groups yet',
  noneWhy: 'A host joins the group that its enrolment token names; others are made here.',
  add: 'New group',
  addTitle: 'A new group',
  create: 'Make the group',
  errors: (count: number) => `${plural(count, 'host')} without an answer`,
  unasked: (count: number) => `${plural(count, 'host')} not asked yet`,
};

/** Where the members of a group come from. */
export const sourceText = {
  expression: 'Expression',
  labels: 'Labels',
  nested: (count: number) => plural(count, 'group'),
  hand: 'By hand only',
};

export const groupText = {
  what: 'group',
  hosts: 'Hosts',
  definition: 'Definition',
  settings: 'Settings',
  tabs: 'About this group',
  counted: (count: number) => plural(count, 'host'),
  remove: 'Delete the group',
  removeAsk: (name: string) => `Delete group ${name}?`,
  removeWhat:
    'With its settings, its maintenance windows and the roles that are bound to it. Its hosts stay, but in no group that this one is in.',
  errors: (count: number) =>
    `On ${plural(count, 'host')} the expression comes to nothing. They do not belong to the group by it.`,
  unasked: (count: number) =>
    `${plural(count, 'host')} were not asked yet. They do not belong to the group by the expression until they are.`,
  showErrors: 'Show which and why',
};

export const whyText: Record<Why, string> = {
  hand: 'by hand',
  label: 'by its labels',
  expression: 'by the expression',
  nested: 'through a group in it',
};

export const membersText = {
  title: 'Hosts of the group',
  what: 'hosts of the group',
  host: 'Host',
  why: 'Belongs',
  through: (names: readonly string[]) => `through ${names.join(', ')}`,
  none: 'No host belongs to it',
  noneWhy: 'Name hosts by hand, or say in the definition which belong.',
  add: 'Name a host as a member',
  addHint: 'A few letters of its name',
  addAction: 'Add to the group',
  remove: 'No longer by hand',
  removeLabel: (name: string) => `No longer by hand: ${name}`,
};

export const errorsText = {
  title: 'Hosts without an answer',
  what: 'hosts without an answer',
  host: 'Host',
  why: 'Why the expression comes to nothing there',
  none: 'Every host gives an answer',
};

export const definitionText = {
  title: 'Definition',
  name: 'Name',
  description: 'What it is for',
  precedence: 'Precedence',
  precedenceHint: 'Where settings of two groups of a host differ, those of the higher one hold',
  labels: 'Labels',
  labelsHint: 'Hosts with all of them belong to it: key=value, one a line. Empty for none.',
  labelsWrong: 'Write each label as key=value, one a line',
  expression: 'Expression',
  expressionHint:
    'Hosts for which it is true belong to it, in CEL over labels, hostname and facts: os.id == "debian" && hardware.logical_cores >= 16. Empty for none.',
  believes: 'An expression over facts believes hosts: root on a host can have it say what it likes.',
  nested: 'Groups in it',
  nestedHint: 'Their hosts belong to it as well',
  addNested: 'Add a group',
  chooseGroup: 'Choose a group',
  removeNested: (name: string) => `Take group ${name} out of it`,
  nothing: 'No groups in it',
  mayNot: 'Only who may define groups everywhere changes this',
};

export const previewText = {
  title: 'Preview',
  typing: 'Type an expression to see which hosts it is true for.',
  asking: 'Asking the hosts',
  hosts: (count: number) => `True for ${plural(count, 'host')}`,
  of: (asked: number, complete: boolean) =>
    complete ? `of all ${plural(asked, 'host')}` : `of the first ${plural(asked, 'host')} that were asked`,
  errors: (count: number) => `No answer on ${plural(count, 'host')}`,
  first: 'The first of them',
  firstErrors: 'Hosts without an answer',
  failed: 'The preview failed',
};
