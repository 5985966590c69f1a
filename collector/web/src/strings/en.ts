/** Words for the API's codes. A code that is newer than this console is shown as it is. */
import type { Alert, Host, Notification, Rollout, Severity, Token } from '../api/client';

export const hostState: Record<Host['state'], { word: string; meaning: string }> = {
  online: { word: 'Online', meaning: 'Connected now; changes arrive as they happen' },
  agent_stopped: { word: 'Agent stopped', meaning: 'Its agent was stopped, and said so' },
  host_shutdown: { word: 'Shut down', meaning: 'It was shut down, and its agent said so' },
  host_rebooting: { word: 'Rebooting', meaning: 'It reboots, and its agent said so' },
  link_lost: { word: 'Link lost', meaning: 'No packets arrive from it, and nothing more is known' },
  agent_killed: { word: 'Agent killed', meaning: 'It answers, and its agent is gone without a word' },
  never_seen: { word: 'Never seen', meaning: 'It enrolled and has not connected since' },
  unknown: { word: 'Unknown', meaning: 'The collector, not the host, is the reason that nothing is known' },
  revoked: { word: 'Revoked', meaning: 'Its certificate is refused; it cannot report until enrolled again' },
  retired: { word: 'Retired', meaning: 'It is no more; what is known of it is kept for a while' },
  quarantined: {
    word: 'Quarantined',
    meaning: 'Another machine came with its certificate and was refused; somebody should look',
  },
};

/** A clock that differs, in words: "12 s ahead". */
export const skewText = (ms: number): string => {
  const size = Math.abs(ms);
  const amount =
    size < 1000
      ? `${size} ms`
      : size < 120_000
        ? `${Math.round(size / 1000)} s`
        : `${Math.round(size / 60_000)} min`;
  return ms === 0 ? 'exact' : `${amount} ${ms > 0 ? 'ahead' : 'behind'}`;
};

const signInRefusals: Record<string, string> = {
  state: 'This sign-in was not begun here, or is over. Try again.',
  late: 'That took too long. Try again.',
  mix_up: 'Another provider answered than was asked.',
  denied: 'The provider did not sign you in.',
  gone: 'This provider cannot be used any more.',
  provider: 'The provider cannot be reached, or its answer is of no use.',
  token: 'What the provider says of you is not believed.',
  unknown: 'The provider knows you, and no account here is yours.',
  name: 'An account with your name is there already, or the name cannot be one.',
  no_access: 'Nothing here is for the groups that you are in.',
  locked: 'Your account is locked.',
};

/** Why somebody was sent back to sign in. */
export const refusedText = (code: string): string =>
  `${signInRefusals[code] ?? code} An administrator finds more in the audit log.`;

export const tokenState: Record<Token['state'], string> = {
  active: 'Active',
  expired: 'Expired',
  used_up: 'Used up',
  revoked: 'Revoked',
};

const staleReason: Record<string, string> = {
  denied: 'The agent may not read it',
  unavailable: 'What serves it does not run or does not exist there',
  malformed: 'It was read and makes no sense',
  timed_out: 'It did not answer in time',
  too_large: 'It is larger than the agent’s bounds',
  failed: 'Reading it failed',
};

export const staleText = (reason: string): string => staleReason[reason] ?? reason;

const kinds: Record<string, string> = {
  address: 'Addresses',
  certificate: 'Certificates',
  container: 'Containers',
  firewall_rule: 'Firewall rules',
  group: 'Groups',
  hardware: 'Hardware',
  interface: 'Interfaces',
  kernel_module: 'Kernel modules',
  listener: 'Listeners',
  login: 'Logins',
  mount: 'Mounts',
  os: 'Operating system',
  package: 'Packages',
  result: 'Rule results',
  route: 'Routes',
  service: 'Services',
  ssh_key: 'SSH keys',
  sudo_rule: 'Sudo rules',
  sysctl: 'Kernel settings',
  timer: 'Timers',
  update: 'Available updates',
  user: 'Users',
};

/** The kinds that this console has a name for. */
export const KINDS: readonly string[] = Object.keys(kinds);

/** The kind's name for people; agents may know kinds that this console does not. */
export const kindName = (kind: string): string => kinds[kind] ?? kind;

export const rolloutState: Record<Rollout['state'], { word: string; meaning: string }> = {
  what_if: {
    word: 'Trial',
    meaning: 'The first ring tries it and says what would change; it comes in force nowhere',
  },
  running: { word: 'Running', meaning: 'Hosts are offered it, ring by ring' },
  paused: { word: 'Paused', meaning: 'Nobody new is offered it until it is resumed' },
  halted: { word: 'Halted', meaning: 'Hosts that have not taken it are not offered it any more' },
  completed: { word: 'Completed', meaning: 'Every ring has it' },
  rolling_back: {
    word: 'Rolling back',
    meaning: 'Hosts that were offered it are offered the content of before',
  },
  rolled_back: { word: 'Rolled back', meaning: 'Nobody who is heard of has it any more' },
};

const rolloutEvent: Record<string, string> = {
  tried: 'Trial begun',
  started: 'Started',
  offered: 'Offered',
  settled: 'Enough hosts have it',
  opened: 'Next ring opened',
  completed: 'Completed',
  paused: 'Paused',
  resumed: 'Resumed',
  halted: 'Halted',
  withdrawn: 'Offers taken back',
  rolling_back: 'Rolling back',
  rolled_back: 'Rolled back',
};

export const rolloutEventText = (what: string): string => rolloutEvent[what] ?? what;

export const alertState: Record<Alert['state'], { word: string; meaning: string }> = {
  active: { word: 'Active', meaning: 'Somebody should look' },
  acknowledged: {
    word: 'Acknowledged',
    meaning: 'Somebody looks after it; what becomes so after that makes it active again',
  },
  snoozed: { word: 'Snoozed', meaning: 'Nobody hears of it until it wakes by itself' },
  dismissed: { word: 'Dismissed', meaning: 'Nobody hears of it unless it grows' },
  resolved: { word: 'Resolved', meaning: 'Nothing of it is so any more' },
};

export const severityWord: Record<Severity, string> = {
  info: 'Info',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
};

const alertTypes: Record<string, string> = {
  critical_finding: 'Critical finding',
  high_finding: 'High finding',
  medium_finding: 'Medium finding',
  low_finding: 'Low finding',
  info_finding: 'Finding for information',
  score_drop: 'Score fell',
  non_compliant: 'Not compliant',
  degrading_trend: 'Falling trend',
  host_unreachable: 'Host unreachable',
  host_not_scanned: 'Host silent',
  scan_failed: 'Rules in error',
  scan_backlog: 'Collector behind',
  mass_drift: 'Mass drift',
  drift: 'Drift',
  exception_requested: 'Exception asked for',
  exception_expiring: 'Exception ends soon',
  exception_expired: 'Exception expired',
  event: 'Event',
};

/** What an alert is of; a collector may know types that this console does not. */
export const alertTypeText = (type: string): string => alertTypes[type] ?? type;

const alertEntries: Record<string, string> = {
  opened: 'Began',
  grown: 'More became so',
  acknowledged: 'Acknowledged',
  assigned: 'Assigned',
  snoozed: 'Snoozed',
  woken: 'Woke',
  dismissed: 'Dismissed',
  escalated: 'Became more serious',
  resolved: 'Ended',
};

export const alertEntryText = (what: string): string => alertEntries[what] ?? what;

/** What somebody was told of an alert last. */
export const toldText: Record<Notification['what'], string> = {
  began: 'Began',
  grown: 'Grew',
  woken: 'Woke, and is so still',
  escalated: 'Became more serious',
  assigned: 'You are to look after it',
  ended: 'Ended',
};

/** Whether something comes by e-mail. */
export const byMail = [
  { value: 'off', word: 'Off' },
  { value: 'now', word: 'At once' },
  { value: 'digest', word: 'In the digest' },
] as const;

/** From Monday on, as the API counts them. */
export const weekdays = [
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Sunday',
] as const;

/** For the bell: 9+ is many. */
export const bellText = (unread: number): string => (unread > 9 ? '9+' : String(unread));

const stages: Record<string, string> = {
  fetching: 'being fetched',
  trying: 'being tried',
  tried: 'tried',
  in_force: 'in force',
  returned: 'was in force, and the host went back',
  refused: 'refused',
};

/** What came of an offer, as far as the host has said. */
export const offerStage = (stage: string): string => stages[stage] ?? stage;

const refusals: Record<string, string> = {
  signatures: 'It is not signed by enough keys that the host trusts',
  root: 'The host does not know the root that it was signed under',
  expired: 'It has expired',
  older: 'The host has a newer one',
  equivocation: 'The host has another bundle of the same number',
  malformed: 'It is damaged',
  too_large: 'It is larger than the agent’s bounds',
  incomplete: 'Files of it could not be fetched',
  agent: 'The agent is too old for it',
  budget: 'Deciding its rules takes too long there',
  errors: 'Too many of its rules could not be decided there',
  clock: 'The host’s clock is wrong',
  storage: 'The host could not store it',
  switched: 'Its administrator takes no offers',
};

/** Why a host refuses a bundle. */
export const refusalText = (reason: string): string => refusals[reason] ?? reason;

const verdicts: Record<string, string> = {
  pass: 'Pass',
  fail: 'Fail',
  error: 'Error',
  not_applicable: 'Not applicable',
  not_assessable: 'Not assessable',
};

/** A verdict; null where there is no result. */
export const verdictText = (verdict: string | null): string =>
  verdict === null ? 'No result' : (verdicts[verdict] ?? verdict);

/** A length of time in its largest whole unit: "2 days", "90 min". */
export const durationText = (seconds: number): string => {
  for (const [unit, size] of [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const) {
    if (seconds >= size && seconds % size === 0) return plural(seconds / size, unit);
  }
  return plural(seconds, 'second');
};

/** "1 host", "1,200 hosts". */
export const plural = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

const problems: Record<string, string> = {
  bad_code: 'The code is wrong, or was used already.',
  bad_credentials: 'Name or password is wrong.',
  bad_passkey: 'This passkey signs nobody in here.',
  codes_locked: 'There were too many wrong codes. Use a backup code or a passkey, then set up the app anew.',
  factor_needed: 'A second step has to be set up first, under Account, Security.',
  password_needed: 'Somebody gave you this password: choose one of your own first, under Account.',
  passkey_exists: 'This passkey or security key is somebody’s already.',
  passkey_not_found: 'This account has no passkey and no security key.',
  passkey_refused: 'The passkey does not fit what was asked. Try again.',
  proof_needed: 'This needs a new proof that it is you.',
  too_many_attempts: 'Too many attempts.',
  wrong_password: 'The password is wrong.',
  alert_stands_so: 'Somebody was first: look at how the alert stands now.',
  wrong_code: 'This is not the code that the app shows now.',
  unreachable: 'The collector does not answer.',
};

/** A sentence for a problem's code, when we have a better one than the collector's own detail. */
export const problemText = (code: string): string | undefined => problems[code];
