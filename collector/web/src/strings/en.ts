/** Words for the API's codes. A code that is newer than this console is shown as it is. */
import type { Host, Token } from '../api/client';

export const hostState: Record<Host['state'], { word: string; meaning: string }> = {
  online: { word: 'Online', meaning: 'Connected now; changes arrive as they happen' },
  offline: { word: 'Offline', meaning: 'Not connected; what is shown is as of when it was last seen' },
  revoked: { word: 'Revoked', meaning: 'Its certificate is refused; it cannot report until enrolled again' },
  quarantined: {
    word: 'Quarantined',
    meaning: 'Another machine came with its certificate and was refused; somebody should look',
  },
};

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
  mount: 'Mounts',
  os: 'Operating system',
  package: 'Packages',
  route: 'Routes',
  service: 'Services',
  ssh_key: 'SSH keys',
  sudo_rule: 'Sudo rules',
  sysctl: 'Kernel settings',
  timer: 'Timers',
  update: 'Available updates',
  user: 'Users',
};

/** The kind's name for people; agents may know kinds that this console does not. */
export const kindName = (kind: string): string => kinds[kind] ?? kind;

const problems: Record<string, string> = {
  bad_credentials: 'Name or password is wrong.',
  too_many_attempts: 'Too many attempts.',
  unreachable: 'The collector does not answer.',
};

/** A sentence for a problem's code, when we have a better one than the collector's own detail. */
export const problemText = (code: string): string | undefined => problems[code];
