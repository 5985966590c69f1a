// A made-up fleet, typed by the API's own schema: when the contract changes, this does not compile.
import { contentOf } from './content.mjs';
import { instant } from './instant.mjs';

/** @typedef {import('../src/api/client').HostDetail} HostDetail */
/** @typedef {import('../src/api/client').HostKind} HostKind */
/** @typedef {import('../src/api/client').Fact} Fact */
/** @typedef {import('../src/api/client').Change} Change */
/** @typedef {Omit<HostDetail, 'kinds'> & { facts: Map<string, Fact>, past: Fact[], changes: Change[], stale: Record<string, HostKind['stale']> }} MockHost */

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const START = Date.now();
const SYSTEMS = [
  'Debian GNU/Linux 12 (bookworm)',
  'Ubuntu 24.04.3 LTS',
  'Rocky Linux 9.6 (Blue Onyx)',
  'Alpine Linux v3.22',
];
const GROUPS = ['default', 'web', 'db', 'build'];
const ROLES = ['web', 'db', 'ci', 'cache', 'bastion', 'mail'];
const PACKAGES = [
  'openssl',
  'libssl3',
  'bash',
  'coreutils',
  'curl',
  'systemd',
  'openssh-server',
  'sudo',
  'tzdata',
  'zlib1g',
];

/** @param {number} n */
const uuid = (n) => `0193a1b2-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

/** @param {number} n @returns {[string, string, Record<string, unknown>][]} */
function factsOf(n) {
  /** @type {[string, string, Record<string, unknown>][]} */
  const rows = [
    [
      'os',
      'os',
      {
        arch: 'x86_64',
        hostname: name(n),
        id: 'debian',
        kernel: '6.1.0-28-amd64',
        name: SYSTEMS[n % 4],
        version_id: '12',
        machine: { cpus: 8, memory_mib: 32_000, virtual: 'kvm' },
      },
    ],
    ['user', 'root', { uid: 0, gid: 0, home: '/root', shell: '/bin/bash', locked: false, groups: ['root'] }],
    [
      'user',
      'jmeier',
      {
        uid: 1004,
        gid: 1004,
        home: '/home/jmeier',
        shell: '/bin/zsh',
        locked: false,
        groups: ['sudo', 'adm'],
      },
    ],
    [
      'user',
      'www-data',
      { uid: 33, gid: 33, home: '/var/www', shell: '/usr/sbin/nologin', locked: true, groups: [] },
    ],
    ['mount', '/', { device: '/dev/vda1', filesystem: 'ext4', options: ['rw', 'relatime'] }],
    [
      'mount',
      '/var/lib/containers/storage/overlay/9f2c5e7d1b0a44c8e1f6/merged',
      { device: 'overlay', filesystem: 'overlay', options: ['rw', 'nodev', 'relatime'] },
    ],
    ['mount', '/tmp', { device: 'tmpfs', filesystem: 'tmpfs', options: ['rw', 'nosuid', 'nodev'] }],
    [
      'service',
      'ssh.service',
      { active: 'active', enabled: 'enabled', sub: 'running', main_pid_user: 'root' },
    ],
    [
      'service',
      'nginx.service',
      { active: 'active', enabled: 'enabled', sub: 'running', main_pid_user: 'www-data' },
    ],
    [
      'service',
      'apt-daily.service',
      { active: 'inactive', enabled: 'static', sub: 'dead', main_pid_user: null },
    ],
    ['listener', 'tcp 0.0.0.0:22', { protocol: 'tcp', address: '0.0.0.0', port: 22, service: 'ssh.service' }],
    ['listener', 'tcp [::]:443', { protocol: 'tcp', address: '::', port: 443, service: 'nginx.service' }],
  ];
  for (let i = 0; i < 640; i++) {
    const base = PACKAGES[i % PACKAGES.length];
    const key = i < PACKAGES.length ? `${base}:amd64` : `lib${base}-${i}:amd64`;
    rows.push([
      'package',
      key,
      {
        arch: 'amd64',
        installed_size_kib: 120 + i * 7,
        source: base,
        version: `${1 + (i % 9)}.${i % 17}.${i % 5}-1+deb12u${i % 4}`,
      },
    ]);
  }
  return rows;
}

/** @param {number} n */
const name = (n) => `${ROLES[n % ROLES.length]}-${String(n).padStart(4, '0')}.example.net`;

/** @param {number} n @returns {MockHost} */
export function makeHost(n) {
  const state =
    n === 3
      ? 'revoked'
      : n === 5
        ? 'quarantined'
        : n % 7 === 4
          ? n % 2
            ? 'link_lost'
            : 'agent_stopped'
          : 'online';
  const enrolled = START - 20 * DAY - n * MINUTE;
  /** @type {Map<string, Fact>} */
  const facts = new Map();
  for (const [kind, key, value] of factsOf(n)) {
    facts.set(`${kind}\t${key}`, {
      kind,
      key,
      value,
      valid_from: instant(enrolled + MINUTE),
      valid_to: null,
    });
  }
  /** @type {MockHost['stale']} */
  const stale =
    n % 6 === 1
      ? {
          listener: {
            reason: 'denied',
            detail: 'open /proc/net/tcp: permission denied',
            since: instant(START - 3 * 60 * MINUTE),
          },
        }
      : {};
  /** @type {MockHost} */
  const host = {
    id: uuid(n),
    hostname:
      n === 2
        ? 'a-very-long-host-name-that-somebody-really-gave-to-a-machine.eu-central.internal.example.net'
        : name(n),
    os_name: n === 6 ? null : (SYSTEMS[n % 4] ?? null),
    group: GROUPS[n % 4] ?? 'default',
    agent_version: '0.1.0',
    state,
    since: instant(START - (state === 'online' ? 5 * 60 : (n + 1) * 47) * MINUTE),
    state_detail:
      state === 'link_lost'
        ? 'no packets arrive, and the host does not answer'
        : state === 'agent_stopped'
          ? 'the agent said farewell'
          : '',
    groups: [GROUPS[n % 4] ?? 'default'],
    labels: n % 2 ? { role: ROLES[n % ROLES.length] ?? 'web' } : {},
    skew_ms: n === 9 ? 12_400 : n % 5,
    clock_wrong: n === 9,
    maintenance: n === 8 ? { until: instant(START + 90 * MINUTE), reason: 'new disks' } : null,
    last_boot_at: instant(START - (n + 3) * DAY),
    reboots: n % 4,
    agent_started_at: instant(START - (n + 2) * DAY),
    enrolled_at: instant(enrolled),
    last_seen_at: instant(START - (state === 'online' ? 0 : (n + 1) * 47 * MINUTE)),
    connected_since: state === 'online' ? instant(START - 5 * 60 * MINUTE) : null,
    stale_kinds: Object.keys(stale),
    quarantine:
      state === 'quarantined' ? "a machine with another machine-id presented this host's certificate" : null,
    retired: null,
    revoked_at: state === 'revoked' ? instant(START - 2 * DAY) : null,
    content: contentOf(n, START),
    stream: { epoch: '1763766000000000', applied_seq: 4_211 + n },
    build: n === 5 ? 'unknown' : 'published',
    content_serial: n === 10 ? 38 : 41,
    content_stale: n === 10 ? 'expired' : null,
    gaps: n === 4 ? [{ from: instant(START - 6 * DAY), to: instant(START - 5 * DAY), records: 1_312 }] : [],
    facts,
    past: [],
    changes: [],
    stale,
  };
  const upgraded = START - 2 * DAY;
  for (const key of ['openssl:amd64', 'libssl3:amd64']) {
    const before = facts.get(`package\t${key}`)?.value;
    setFact(host, 'package', key, { ...before, version: '3.0.17-1~deb12u3' }, upgraded);
  }
  setFact(
    host,
    'user',
    'deploy',
    { uid: 1005, gid: 1005, home: '/home/deploy', shell: '/bin/bash', locked: false, groups: ['docker'] },
    START - 26 * 60 * MINUTE,
  );
  setFact(
    host,
    'mount',
    '/tmp',
    { device: 'tmpfs', filesystem: 'tmpfs', options: ['rw', 'nosuid', 'nodev', 'noexec'] },
    START - 90 * MINUTE,
  );
  setFact(host, 'service', 'apt-daily.service', null, START - 12 * MINUTE);
  return host;
}

let lastChange = 0;

/** One transition: the interval ends, the next begins, and it is logged. @param {MockHost} host @param {string} kind @param {string} key @param {Record<string, unknown> | null} value @param {number} at */
export function setFact(host, kind, key, value, at) {
  const known = host.facts.get(`${kind}\t${key}`);
  const when = instant(at);
  if (known) host.past.push({ ...known, valid_to: when });
  if (value) host.facts.set(`${kind}\t${key}`, { kind, key, value, valid_from: when, valid_to: null });
  else host.facts.delete(`${kind}\t${key}`);
  lastChange += 1;
  host.changes.unshift({
    id: lastChange,
    kind,
    key,
    before: known?.value ?? null,
    after: value,
    occurred_at: when,
    recorded_at: when,
  });
}

/** @param {MockHost} host @returns {HostKind[]} */
export function kindsOf(host) {
  const kinds = [...new Set([...host.facts.values()].map((fact) => fact.kind))].sort();
  return kinds.map((kind, index) => ({
    kind,
    rows: [...host.facts.values()].filter((fact) => fact.kind === kind).length,
    digest: `${(index + 10).toString(16)}f3a9c2e5b7d0418`.repeat(2).slice(0, 32),
    reported_at: host.last_seen_at,
    stale: host.stale[kind] ?? null,
  }));
}
