// Made-up bundles and rollouts, typed by the API's own schema: when the contract changes, this does not compile.
import { randomUUID } from 'node:crypto';
import { instant } from './instant.mjs';

/** @typedef {import('../src/api/client').Bundle} Bundle */
/** @typedef {import('../src/api/client').FleetContent} FleetContent */
/** @typedef {import('../src/api/client').HostDetail} HostDetail */
/** @typedef {import('../src/api/client').Prediction} Prediction */
/** @typedef {import('../src/api/client').RingProgress} RingProgress */
/** @typedef {import('../src/api/client').RolloutDetail} RolloutDetail */
/** @typedef {import('../src/api/client').RolloutEvent} RolloutEvent */

const DAY = 24 * 3_600_000;
const START = Date.now();

/** @param {number} serial @param {number} created @param {string} note @param {number} hosts @returns {Bundle} */
const bundle = (serial, created, note, hosts) => ({
  serial,
  manifest: serial.toString(16).padStart(8, 'c0ffee').repeat(8),
  created: instant(created),
  expires: instant(created + 90 * DAY),
  root: 1,
  files: 1_812,
  size: 1_437_312,
  note,
  published_at: instant(created + 3_600_000),
  published_by: 'admin',
  hosts,
});

/**
 * What a host says of its content: the second could not store what it was offered, the eleventh's has expired.
 * @param {number} n @param {number} now @returns {HostDetail['content']}
 */
export function contentOf(n, now) {
  const serial = n === 10 ? 38 : 41;
  const age = (n === 10 ? 110 : 50) * DAY;
  const manifest = serial.toString(16).padStart(8, 'c0ffee').repeat(8);
  return {
    takes_bundles: true,
    in_force: {
      serial,
      manifest,
      created: instant(now - age),
      expires: instant(now - age + 90 * DAY),
      since: instant(now - age + DAY),
      age_s: age / 1000,
      stale: n === 10,
    },
    kept: [38],
    root: { version: 1, expires: instant(now + 300 * DAY), pinned: n % 2 === 0 },
    offer: {
      order: '0193a1b2-0000-7000-8000-00000000beef',
      serial: n === 1 ? 43 : serial,
      manifest,
      stage: n === 1 ? 'refused' : 'in_force',
      refusal: n === 1 ? 'storage' : null,
      detail: n === 1 ? 'no space left on device' : '',
      trial: null,
    },
    reported_at: instant(now - 60_000),
  };
}

/** @param {string} name @param {Partial<RingProgress>} tally @returns {RingProgress} */
const ring = (name, tally) => ({
  name,
  open: true,
  alarm: null,
  hosts: 0,
  silent: 0,
  waiting: 0,
  fetching: 0,
  trying: 0,
  tried: 0,
  in_force: 0,
  returned: 0,
  refused: 0,
  declined: 0,
  reasons: {},
  trials: 0,
  results: 0,
  errors_more: 0,
  turning: 0,
  cpu_ms: 0,
  ...tally,
});

/** @type {RolloutDetail['plan']} */
const PLAN = {
  rings: [
    { name: 'canary', hosts: { percent: 2 }, soak_s: 86_400, took_percent: 90 },
    { name: 'early', hosts: { percent: 20 }, soak_s: 172_800, took_percent: 90 },
    { name: 'all', hosts: { percent: 100 }, soak_s: 0, took_percent: 90 },
  ],
  gates: {
    least_hosts: 20,
    refused_percent: 5,
    returned_percent: 2,
    errors_percent: 2,
    cpu_ms: 5_000,
    swing_percent: 20,
  },
};

/** @param {number} at @param {string} what @param {Partial<RolloutEvent>} more @returns {RolloutEvent} */
const event = (at, what, more) => ({
  at: instant(at),
  by: 'collector',
  what,
  ring: null,
  detail: '',
  alert: false,
  ...more,
});

/** A fleet whose present rollout is in its second ring, after one that went wrong. */
export function makeContent() {
  const bundles = [
    bundle(43, START - 2 * DAY, 'Debian 13, and 14 rules for sudo', 193),
    bundle(42, START - 20 * DAY, 'Kernel arguments of zipl', 0),
    bundle(41, START - 50 * DAY, '', 941),
    bundle(38, START - 110 * DAY, 'The first', 12),
  ];
  const present = randomUUID();
  const wrong = randomUUID();
  /** @type {Map<string, RolloutDetail>} */
  const rollouts = new Map();
  /** @type {Map<string, RolloutEvent[]>} */
  const events = new Map();
  rollouts.set(present, {
    id: present,
    serial: 43,
    manifest: bundles[0]?.manifest ?? '',
    state: 'running',
    plan: PLAN,
    ring: 'early',
    ring_since: instant(START - DAY / 2),
    settled_at: null,
    before: 41,
    back: null,
    created_at: instant(START - 2 * DAY),
    created_by: 'admin',
    started_at: instant(START - 2 * DAY),
    rings: [
      ring('canary', { hosts: 24, in_force: 23, silent: 1 }),
      ring('early', {
        hosts: 216,
        in_force: 170,
        trying: 9,
        fetching: 12,
        waiting: 14,
        refused: 4,
        declined: 2,
        silent: 5,
        reasons: { storage: 3, clock: 1 },
      }),
      ring('all', { open: false, hosts: 960, waiting: 931, silent: 29 }),
    ],
  });
  events.set(present, [
    event(START - 2 * DAY, 'started', { by: 'admin', detail: 'Monthly rules' }),
    event(START - 2 * DAY, 'offered', { ring: 'canary', detail: '24 hosts' }),
    event(START - 1.9 * DAY, 'settled', {
      ring: 'canary',
      detail: '23 of 23 hosts that are heard of have it',
    }),
    event(START - 0.5 * DAY, 'opened', { ring: 'early', detail: '216 hosts' }),
  ]);
  rollouts.set(wrong, {
    id: wrong,
    serial: 42,
    manifest: bundles[1]?.manifest ?? '',
    state: 'halted',
    plan: PLAN,
    ring: 'canary',
    ring_since: instant(START - 19 * DAY),
    settled_at: null,
    before: 41,
    back: null,
    created_at: instant(START - 19 * DAY),
    created_by: 'admin',
    started_at: instant(START - 19 * DAY),
    rings: [
      ring('canary', {
        hosts: 24,
        refused: 21,
        silent: 1,
        waiting: 2,
        reasons: { errors: 21 },
        alarm: '21 of 21 hosts that answered refuse it (errors: 21); at most 5 % may',
      }),
      ring('early', { open: false, hosts: 216, waiting: 211, silent: 5 }),
      ring('all', { open: false, hosts: 960, waiting: 931, silent: 29 }),
    ],
  });
  events.set(wrong, [
    event(START - 19 * DAY, 'started', { by: 'admin' }),
    event(START - 19 * DAY, 'offered', { ring: 'canary', detail: '24 hosts' }),
    event(START - 18.99 * DAY, 'halted', {
      ring: 'canary',
      detail: '21 of 21 hosts that answered refuse it (errors: 21); at most 5 % may',
      alert: true,
    }),
    event(START - 18.99 * DAY, 'withdrawn', { detail: '24 hosts' }),
  ]);
  /** @type {FleetContent} */
  const fleet = {
    standing: 41,
    bundles: [
      { serial: 43, expires: bundles[0]?.expires ?? null, expired: false, hosts: 193, behind: 0 },
      { serial: 41, expires: bundles[2]?.expires ?? null, expired: false, hosts: 941, behind: 6 },
      { serial: 38, expires: bundles[3]?.expires ?? null, expired: true, hosts: 12, behind: 0 },
      { serial: null, expires: null, expired: false, hosts: 17, behind: 0 },
    ],
    unable: 37,
    refused: [
      { serial: 43, reason: 'storage', hosts: 3 },
      { serial: 43, reason: 'clock', hosts: 1 },
    ],
  };
  /** @type {Prediction} */
  const prediction = {
    hosts: 217,
    fleet: 1_163,
    results: 152_334,
    turning: 402,
    rules: [
      { rule: 'sudo-log-input', from: null, to: 'fail', hosts: 180, in_fleet: 965 },
      { rule: 'sshd-ciphers', from: 'pass', to: 'fail', hosts: 12, in_fleet: 64 },
      { rule: 'grub-audit-enabled', from: 'error', to: 'pass', hosts: 5, in_fleet: 27 },
    ],
  };
  return { bundles, rollouts, events, fleet, prediction, mode: { one_machine: true } };
}

/** Nothing was published, and nothing rolled out. @returns {ReturnType<typeof makeContent>} */
export const noContent = () => ({
  bundles: [],
  rollouts: new Map(),
  events: new Map(),
  fleet: { standing: null, bundles: [], unable: 0, refused: [] },
  prediction: { hosts: 0, fleet: 0, results: 0, turning: 0, rules: [] },
  mode: { one_machine: false },
});

/** What becomes of a rollout by what is done to it. @type {Record<string, RolloutDetail['state']>} */
export const STEERED = {
  start: 'running',
  pause: 'paused',
  resume: 'running',
  halt: 'halted',
  rollback: 'rolling_back',
};
