import { describe, expect, it } from 'vitest';
import { parsePrefs } from './prefs';

describe('parsePrefs', () => {
  const defaults = { density: 'comfortable', zone: 'utc', shortcuts: 'on' };
  it('takes what is known', () => {
    const stored = { density: 'compact', zone: 'local', shortcuts: 'off' };
    expect(parsePrefs(JSON.stringify(stored))).toEqual(stored);
  });
  it.each([null, '', 'nonsense', 'null', '[]', '{"density":"huge","zone":7,"extra":1}'])(
    'falls back to the defaults for %s',
    (text) => expect(parsePrefs(text)).toEqual(defaults),
  );
});
