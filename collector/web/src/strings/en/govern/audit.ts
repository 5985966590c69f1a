/** The audit log. */
import { plural } from '../../en';

export const auditText = {
  title: 'Audit log',
  sub: 'Who did what, and what was refused, newest first',
  what: 'records',
  record: 'record',
  when: 'When',
  actor: 'Actor',
  action: 'Action',
  target: 'On what',
  outcome: 'Outcome',
  from: 'From',
  to: 'Before',
  address: 'Address',
  stream: 'Stream',
  all: 'All',
  search: 'Search in records',
  searchHint: 'A text in the record',
  targetKind: 'Kind of object',
  targetId: 'Object’s id',
  actionHint: 'host.revoke, or host',
  none: 'No records yet',
  noneWhy: 'Every change and every sign-in becomes one.',
  noMatch: 'No record matches',
  noMatchWhy: 'There are others without these filters.',
  filters: 'Filters of the log',
  active: 'Filters in force',
  remove: (name: string) => `Remove filter ${name}`,
  verify: 'Verify the log',
  exportJsonl: 'Export JSON lines',
  exportCsv: 'Export CSV',
  exportWhy: 'The records that match the filters. That they were taken away becomes a record itself.',
  socket: 'Local socket',
};

export const streamWord: Record<string, string> = {
  access: 'Access',
  change: 'Change',
  checkpoints: 'Checkpoints',
};

export const outcomeWord: Record<string, string> = { done: 'Done', refused: 'Refused', failed: 'Failed' };

export const recordText = {
  title: (stream: string, seq: number) => `Record ${stream} ${seq.toLocaleString('en')}`,
  act: 'What was done',
  how: 'Showed who they are by',
  request: 'Request',
  hash: 'Hash of the chain',
  hashWhy: 'Over this record and the hash of the one before it',
  before: 'Before',
  after: 'After',
  changed: 'What changed',
  nothing: 'The record says nothing of before and after.',
  same: 'Records with the same actor',
  sameTarget: 'Records about the same object',
  number: 'Number',
  object: 'Object',
  objectId: 'Object’s id',
  back: 'All records',
};

export const verifyText = {
  title: 'Verification',
  running: (records: number) => `Walking the log: ${plural(records, 'record')} so far`,
  whole: (records: number) => `The log is whole: ${plural(records, 'record')}, and each is what was written.`,
  broken: (faults: number) =>
    `The log is not what was written: ${plural(faults, 'fault')} found. Keep the database and the checkpoints as they are, and look at each below.`,
  cut: 'The verification was cut off before its end. It proves nothing.',
  failed: 'The verification did not begin',
  witnessed: (stream: string, seq: number) =>
    `${streamWord[stream] ?? stream}: up to ${seq.toLocaleString('en')}`,
  vouched: 'Checkpoints vouch for',
  vouchedWhy:
    'Up to there even whoever owns the database cannot have changed anything unseen. Records behind it fit the chain and were not seen by a checkpoint yet.',
  nothingVouched:
    'No checkpoint vouches for any record yet: who owns the database could have made the log anew.',
  checkpoints: 'Checkpoints read',
  key: 'Key of this collector',
  keyWhy: 'Compare it with the one that was noted when the collector was set up',
  faults: 'faults',
  what: 'What',
  where: 'Where',
  detail: 'In words',
  range: (first: number, last: number) =>
    first === last
      ? first.toLocaleString('en')
      : `${first.toLocaleString('en')} to ${last.toLocaleString('en')}`,
  again: 'Verify again',
  hide: 'Hide the result',
};

export const faultWord: Record<string, string> = {
  changed: 'Changed',
  column: 'Searched by something else than it says',
  missing: 'Missing',
  misplaced: 'Out of place',
  head: 'Ends elsewhere',
  checkpoint: 'Not what was signed',
};
