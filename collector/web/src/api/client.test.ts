import { afterEach, describe, expect, it, vi } from 'vitest';
import { api, onSignedOut, sessionBegan, unwrap } from './client';
import { Problem } from './problem';

afterEach(() => vi.unstubAllGlobals());

function answer(status: number, body: unknown, headers: Record<string, string> = {}) {
  const fetch = vi.fn(async (_: Request) => new Response(JSON.stringify(body), { status, headers }));
  vi.stubGlobal('fetch', fetch);
  return fetch;
}
const info = () => unwrap(api.GET('/api/v1/info'));
const json = { 'content-type': 'application/problem+json' };

describe('unwrap', () => {
  it('gives the data, and sends the header that proves the request is ours', async () => {
    const fetch = answer(
      200,
      { version: '1', agents_address: 'x:1' },
      { 'content-type': 'application/json' },
    );
    await expect(info()).resolves.toEqual({ version: '1', agents_address: 'x:1' });
    expect(fetch.mock.calls[0]?.[0].headers.get('x-openwatch-request')).toBe('1');
  });

  it('throws the problem with its code and the collector’s own words', async () => {
    answer(
      404,
      { title: 'Not found', status: 404, code: 'host_not_found', detail: 'No host has this id.' },
      json,
    );
    await expect(info()).rejects.toMatchObject({
      code: 'host_not_found',
      status: 404,
      message: 'No host has this id.',
    });
  });

  it('says how long to wait', async () => {
    answer(429, { code: 'too_many_attempts' }, { ...json, 'retry-after': '30' });
    await expect(info()).rejects.toMatchObject({ retryAfter: 30 });
  });

  it('makes a problem of what a proxy wrote', async () => {
    vi.stubGlobal('fetch', async () => new Response('<h1>Bad gateway</h1>', { status: 502 }));
    await expect(info()).rejects.toMatchObject({ code: 'http_502', status: 502 });
  });

  it('makes a problem of no answer', async () => {
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('connection refused')));
    await expect(info()).rejects.toMatchObject({ code: 'unreachable', status: 0 });
  });

  it('tells that the session is over, but not for a wrong password', async () => {
    const listener = vi.fn();
    onSignedOut(listener);
    answer(401, { code: 'bad_credentials' }, json);
    await expect(info()).rejects.toBeInstanceOf(Problem);
    expect(listener).not.toHaveBeenCalled();
    answer(401, { code: 'unauthenticated' }, json);
    await expect(info()).rejects.toBeInstanceOf(Problem);
    expect(listener).toHaveBeenCalledOnce();
  });

  it('ends no session that began after the question', async () => {
    const listener = vi.fn();
    onSignedOut(listener);
    answer(401, { code: 'unauthenticated' }, json);
    const early = info();
    sessionBegan();
    await expect(early).rejects.toBeInstanceOf(Problem);
    expect(listener).not.toHaveBeenCalled();
    await expect(info()).rejects.toBeInstanceOf(Problem);
    expect(listener).toHaveBeenCalledOnce();
  });
});
