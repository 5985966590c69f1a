// The collector's API on a made-up fleet, and the built console under the policy the collector sends.
// Serves development without a collector, and the browser tests that must break things to test them.
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeContent, noContent, STEERED } from './content.mjs';
import { kindsOf, makeHost, setFact } from './fleet.mjs';
import { instant } from './instant.mjs';

/** @typedef {import('../src/api/client').Token} Token */
/** @typedef {import('./fleet.mjs').MockHost} MockHost */
/** @typedef {import('node:http').ServerResponse} Response */

export const USER = 'admin';
export const PASSWORD = 'correct horse';
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; require-trusted-types-for 'script'";
const DIST = fileURLToPath(new URL('../dist', import.meta.url));
/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};

class Refusal extends Error {
  /** @param {number} status @param {string} code @param {string} detail */
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

/** @param {{ hosts?: number, port?: number }} options */
export async function startMock({ hosts: count = 1_200, port = 0 } = {}) {
  /** @type {Map<string, MockHost>} */
  const fleet = new Map();
  /** @type {Token[]} */
  const tokens = [];
  const content = count > 0 ? makeContent() : noContent();
  const sessions = new Set();
  /** @type {Set<Response>} */
  const feeds = new Set();
  let lastEvent = 0;
  /** Paths that fail until told otherwise. @type {RegExp | null} */
  let failing = null;
  for (let n = 0; n < count; n++) {
    const host = makeHost(n);
    fleet.set(host.id, host);
  }

  /** @param {string} event @param {Record<string, unknown>} data */
  const publish = (event, data) => {
    lastEvent += 1;
    for (const feed of feeds)
      feed.write(`id: ${lastEvent}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  /** @param {string | undefined} id */
  const hostOf = (id) => {
    const host = fleet.get(id ?? '');
    if (!host) throw new Refusal(404, 'host_not_found', 'No host has this id.');
    return host;
  };

  /** @param {string | undefined} id */
  const rolloutOf = (id) => {
    const rollout = content.rollouts.get(id ?? '');
    if (!rollout) throw new Refusal(404, 'rollout_not_found', 'No rollout has this id.');
    return rollout;
  };
  /** @param {string} id @param {string} what @param {string} by @param {string} detail */
  const tell = (id, what, by, detail) => {
    const at = instant(Date.now());
    const ring = rolloutOf(id).ring;
    content.events.get(id)?.push({ at, by, what, ring, detail, alert: false });
    publish('rollout_changed', { rollout: id, at });
  };

  const control = {
    /** Every host of the open ring has taken the bundle of the rollout that runs. */
    settle() {
      for (const rollout of content.rollouts.values()) {
        const ring = rollout.rings.find(({ name }) => name === rollout.ring);
        if (rollout.state !== 'running' || !ring) continue;
        Object.assign(ring, { in_force: ring.hosts, trying: 0, fetching: 0, waiting: 0, silent: 0 });
        Object.assign(ring, { refused: 0, declined: 0, reasons: {} });
        rollout.settled_at = instant(Date.now());
        tell(rollout.id, 'settled', 'collector', `${ring.hosts} of ${ring.hosts} hosts have it`);
      }
    },
    /** A package of the first host, or of the one named, gets a new version. @param {string} [id] */
    change(id = [...fleet.keys()][0]) {
      const host = hostOf(id);
      const before = host.facts.get('package\topenssl:amd64')?.value;
      const version = `3.0.17-1~deb12u${host.changes.length}`;
      setFact(host, 'package', 'openssl:amd64', { ...before, version }, Date.now());
      publish('host_changed', { host: host.id, at: instant(Date.now()), kinds: ['package'] });
      return version;
    },
    enrol() {
      const host = makeHost(fleet.size);
      fleet.set(host.id, host);
      publish('host_enrolled', { host: host.id, at: instant(Date.now()) });
      return host;
    },
    /** @param {string} id @param {MockHost['state']} state */
    setState(id, state) {
      hostOf(id).state = state;
      publish(state === 'online' ? 'host_connected' : 'host_disconnected', {
        host: id,
        at: instant(Date.now()),
      });
    },
    cut() {
      for (const feed of feeds) feed.destroy();
    },
    /** @param {RegExp | null} paths */
    fail(paths) {
      failing = paths;
    },
    signOutAll() {
      sessions.clear();
    },
    hosts: () => [...fleet.values()],
    rollouts: () => [...content.rollouts.values()],
  };

  /** @param {MockHost} host */
  const detail = ({ facts, past, changes, stale, ...host }) => ({
    ...host,
    kinds: kindsOf({ ...host, facts, past, changes, stale }),
  });

  /** @param {unknown[]} items @param {URLSearchParams} query */
  const page = (items, query) => {
    const from = Number(query.get('cursor') ?? query.get('offset') ?? 0);
    const limit = Number(query.get('limit') ?? 100);
    return {
      items: items.slice(from, from + limit),
      next: from + limit < items.length ? String(from + limit) : null,
    };
  };

  /** @type {[string, RegExp, (match: string[], query: URLSearchParams, body: any) => unknown][]} */
  const routes = [
    ['GET', /^\/info$/, () => ({ version: '0.1.0-mock', agents_address: 'collector.example.net:4433' })],
    [
      'GET',
      /^\/hosts$/,
      (_, query) => {
        const q = (query.get('q') ?? '').toLowerCase();
        const sort = query.get('sort') ?? 'hostname';
        const key = /** @type {'hostname'} */ (sort.replace('-', ''));
        const found = [...fleet.values()]
          .filter((host) =>
            [host.hostname, host.os_name, host.group, host.id].some((text) =>
              text?.toLowerCase().includes(q),
            ),
          )
          .sort((a, b) => (sort.startsWith('-') ? -1 : 1) * (a[key] < b[key] ? -1 : 1));
        const listed = page(found, query);
        return {
          ...listed,
          items: /** @type {MockHost[]} */ (listed.items).map(
            ({ facts, past, changes, stale, quarantine, revoked_at, stream, gaps, content, ...host }) => host,
          ),
          total: found.length,
        };
      },
    ],
    ['GET', /^\/hosts\/([^/]+)$/, ([, id]) => detail(hostOf(id))],
    [
      'POST',
      /^\/hosts\/([^/]+)\/revoke$/,
      ([, id]) => {
        const host = hostOf(id);
        Object.assign(host, { state: 'revoked', revoked_at: instant(Date.now()), connected_since: null });
        publish('host_revoked', { host: host.id, at: instant(Date.now()) });
      },
    ],
    [
      'POST',
      /^\/hosts\/([^/]+)\/release$/,
      ([, id]) => {
        const host = hostOf(id);
        if (host.quarantine) Object.assign(host, { state: 'agent_stopped', quarantine: null });
        publish('host_changed', { host: host.id, at: instant(Date.now()), kinds: [] });
      },
    ],
    [
      'GET',
      /^\/hosts\/([^/]+)\/kinds$/,
      ([, id], query) => {
        const host = hostOf(id);
        const at = query.get('at');
        /** @type {Map<string, number>} */
        const count = new Map();
        for (const fact of [...host.facts.values(), ...host.past]) {
          const shown = at ? fact.valid_from <= at && (!fact.valid_to || fact.valid_to > at) : !fact.valid_to;
          if (shown) count.set(fact.kind, (count.get(fact.kind) ?? 0) + 1);
        }
        return { items: [...count].sort().map(([kind, rows]) => ({ kind, rows })), next: null };
      },
    ],
    [
      'GET',
      /^\/hosts\/([^/]+)\/facts$/,
      ([, id], query) => {
        const host = hostOf(id);
        const at = query.get('at');
        const kind = query.get('kind');
        const all = [...host.facts.values(), ...host.past]
          .filter(
            (fact) =>
              (!kind || fact.kind === kind) &&
              (at ? fact.valid_from <= at && (!fact.valid_to || fact.valid_to > at) : !fact.valid_to),
          )
          .sort((a, b) => (a.kind + a.key < b.kind + b.key ? -1 : 1));
        return page(all, query);
      },
    ],
    [
      'GET',
      /^\/hosts\/([^/]+)\/changes$/,
      ([, id], query) => {
        const [kind, since, until] = ['kind', 'since', 'until'].map((name) => query.get(name));
        return page(
          hostOf(id).changes.filter(
            ({ kind: of, occurred_at: at }) =>
              (!kind || of === kind) && (!since || at >= since) && (!until || at < until),
          ),
          query,
        );
      },
    ],
    ['GET', /^\/content$/, () => content.fleet],
    ['GET', /^\/content\/mode$/, () => content.mode],
    ['GET', /^\/alerts$/, (_, query) => page([], query)],
    ['GET', /^\/notifications$/, (_, query) => ({ ...page([], query), unread: 0 })],
    ['GET', /^\/notifications\/unread$/, () => ({ unread: 0 })],
    ['GET', /^\/groups$/, (_, query) => page([], query)],
    ['GET', /^\/bundles$/, (_, query) => page(content.bundles, query)],
    [
      'GET',
      /^\/bundles\/(\d+)$/,
      ([, serial]) => {
        const bundle = content.bundles.find((known) => known.serial === Number(serial));
        if (!bundle) throw new Refusal(404, 'bundle_not_found', 'No bundle has this number.');
        const signers = [{ key: 'a1f09b3c'.repeat(8), name: 'Release team, Berlin' }];
        return { ...bundle, minimum_agent: '0.1.0', features: ['find', 'set'], signers };
      },
    ],
    [
      'GET',
      /^\/rollouts$/,
      (_, query) =>
        page(
          [...content.rollouts.values()].map(({ rings, ...rollout }) => rollout),
          query,
        ),
    ],
    ['GET', /^\/rollouts\/([^/]+)$/, ([, id]) => rolloutOf(id)],
    [
      'GET',
      /^\/rollouts\/([^/]+)\/events$/,
      ([, id], query) => page(content.events.get(id ?? '') ?? [], query),
    ],
    ['GET', /^\/rollouts\/([^/]+)\/prediction$/, () => content.prediction],
    [
      'POST',
      /^\/rollouts\/([^/]+)\/(start|pause|resume|halt|rollback)$/,
      ([, id, verb = ''], _query, body) => {
        const rollout = rolloutOf(id);
        if (verb === 'rollback' && body.serial <= rollout.serial)
          throw new Refusal(409, 'rollout_refused', 'No host goes back to a lower serial.');
        Object.assign(rollout, { state: STEERED[verb], back: body.serial ?? null });
        tell(
          rollout.id,
          verb === 'rollback' ? 'rolling_back' : `${verb.replace(/e$/, '')}ed`,
          USER,
          body.reason,
        );
        const { rings, ...told } = rollout;
        return told;
      },
    ],
    ['GET', /^\/enrollment-tokens$/, (_, query) => page(tokens, query)],
    [
      'POST',
      /^\/enrollment-tokens$/,
      (_match, _query, body) => {
        const now = Date.now();
        /** @type {Token} */
        const token = {
          id: randomUUID(),
          name: body.name,
          group: body.group ?? 'default',
          max_uses: body.max_uses ?? 1,
          uses: 0,
          created_at: instant(now),
          created_by: USER,
          expires_at: instant(now + 1000 * (body.expires_in_s ?? 3600)),
          revoked_at: null,
          state: 'active',
        };
        tokens.unshift(token);
        const secret = `ow1_${randomUUID().replaceAll('-', '')}${randomUUID().replaceAll('-', '')}`;
        return {
          ...token,
          token: secret,
          command: `openwatch-agent enroll --collector collector.example.net:4433 --token ${secret}`,
        };
      },
    ],
    [
      'DELETE',
      /^\/enrollment-tokens\/([^/]+)$/,
      ([, id]) => {
        const token = tokens.find((each) => each.id === id);
        if (token) Object.assign(token, { state: 'revoked', revoked_at: instant(Date.now()) });
      },
    ],
  ];

  /** @param {import('node:http').IncomingMessage} request */
  const readBody = async (request) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    return text ? JSON.parse(text) : {};
  };

  /** @param {import('node:http').IncomingMessage} request @param {Response} response @param {URL} url */
  const answerApi = async (request, response, url) => {
    const path = url.pathname.slice('/api/v1'.length);
    const method = request.method ?? 'GET';
    const body = await readBody(request);
    if (failing?.test(path)) throw new Refusal(503, 'storage_unavailable', 'The database does not answer.');
    if (method !== 'GET' && request.headers['x-openwatch-request'] !== '1')
      throw new Refusal(403, 'csrf', 'The header is missing.');
    const cookie = /openwatch_session=(\S+)/.exec(request.headers.cookie ?? '')?.[1];
    const session = {
      name: USER,
      expires_at: instant(Date.now() + 3_600_000),
      factor_needed: false,
      password_needed: false,
    };
    if (path === '/session' && method === 'POST') {
      if (body.name !== USER || body.password !== PASSWORD)
        throw new Refusal(401, 'bad_credentials', 'Name or password is wrong.');
      const id = randomUUID();
      sessions.add(id);
      response.setHeader('set-cookie', `openwatch_session=${id}; HttpOnly; SameSite=Strict; Path=/`);
      return send(response, 200, session);
    }
    if (path === '/session/providers') return send(response, 200, { items: [], certificate: null });
    if (!sessions.has(cookie)) throw new Refusal(401, 'unauthenticated', 'Nobody is signed in.');
    if (path === '/session') {
      if (method === 'DELETE') sessions.delete(cookie);
      return send(response, method === 'DELETE' ? 204 : 200, session);
    }
    if (path === '/live') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(`retry: 500\nid: ${lastEvent}\n\n`);
      const since = url.searchParams.get('last_event_id') ?? request.headers['last-event-id'];
      if (since && since !== String(lastEvent))
        response.write(`id: ${lastEvent}\nevent: resync\ndata: {}\n\n`);
      feeds.add(response);
      response.on('close', () => feeds.delete(response));
      return;
    }
    for (const [verb, pattern, answer] of routes) {
      const match = verb === method && pattern.exec(path);
      if (!match) continue;
      const found = answer(match, url.searchParams, body);
      return send(response, found === undefined ? 204 : method === 'POST' ? 201 : 200, found);
    }
    throw new Refusal(404, 'not_found', 'There is no such path.');
  };

  /** @param {Response} response @param {number} status @param {unknown} body */
  const send = (response, status, body) => {
    response.writeHead(status, {
      'content-type': status < 400 ? 'application/json' : 'application/problem+json',
      'cache-control': 'no-store',
    });
    response.end(status === 204 ? undefined : JSON.stringify(body));
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://mock');
    try {
      if (url.pathname === '/mock/change') return send(response, 200, { version: control.change() });
      if (url.pathname.startsWith('/api/')) return await answerApi(request, response, url);
      serveConsole(response, url.pathname);
    } catch (error) {
      const { status, code, message } =
        error instanceof Refusal ? error : { status: 500, code: 'bug', message: String(error) };
      send(response, status, { type: 'about:blank', title: code, status, code, detail: message });
    }
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = () => {
    control.cut();
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${address.port}`, close, ...control };
}

/** @param {Response} response @param {string} path */
function serveConsole(response, path) {
  const file = `${DIST}${path}`;
  const found = extname(path) && existsSync(file) ? file : `${DIST}/index.html`;
  response.writeHead(200, {
    'content-type': TYPES[extname(found)] ?? 'application/octet-stream',
    'content-security-policy': POLICY,
  });
  response.end(readFileSync(found));
}
