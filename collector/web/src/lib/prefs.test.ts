import { describe, expect, it } from 'vitest';
import { parsePrefs } from './prefs';

describe('parsePrefs', () => {
  const defaults = { density: 'comfortable', zone: 'utc', keys: 'on' };
  it('takes what is known', () => {
    expect(parsePrefs('{"density":"compact","zone":"local","keys":"off"}')).toEqual({
      density: 'compact',
      zone: 'local',
      keys: 'off',
    });
  });
  it.each([null, '', 'nonsense', 'null', '[]', '{"density":"huge","zone":7,"extra":1}'])(
    'falls back to the defaults for %s',
    (text) => expect(parsePrefs(text)).toEqual(defaults),
  );
});
