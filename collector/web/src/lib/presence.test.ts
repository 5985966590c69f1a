import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { api } from '../api/client';
import { watchPresence } from './presence';

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('says of requests whether somebody is there, who keeps the session alive', async () => {
  const fetch = vi.fn(
    async (_: Request) => new Response('{}', { headers: { 'content-type': 'application/json' } }),
  );
  vi.stubGlobal('fetch', fetch);
  const asked = async () => {
    await api.GET('/api/v1/info');
    return fetch.mock.lastCall?.[0].headers.get('x-openwatch-background');
  };
  const page = new EventTarget();
  watchPresence(page);
  page.dispatchEvent(new Event('keydown'));
  expect(await asked()).toBeNull();
  vi.advanceTimersByTime(29_999);
  expect(await asked()).toBeNull();
  vi.advanceTimersByTime(1);
  expect(await asked()).toBe('1');
  page.dispatchEvent(new Event('pointerdown'));
  expect(await asked()).toBeNull();
});
