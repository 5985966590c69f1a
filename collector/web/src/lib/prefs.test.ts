import { describe, expect, it } from 'vitest';
import { parsePrefs } from './prefs';

describe('parsePrefs', () => {
  const defaults = { density: 'comfortable', zone: 'utc' };
  it('takes what is known', () => {
    expect(parsePrefs('{"density":"compact","zone":"local"}')).toEqual({ density: 'compact', zone: 'local' });
  });
  it.each([null, '', 'nonsense', 'null', '[]', '{"density":"huge","zone":7,"extra":1}'])(
    'falls back to the defaults for %s',
    (text) => expect(parsePrefs(text)).toEqual(defaults),
  );
});
