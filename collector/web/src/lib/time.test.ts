import { describe, expect, it } from 'vitest';
import { ago, fromField, isInstant, stamp, toField, zoneName } from './time';

const NOW = Date.parse('2026-11-21T23:00:00Z');

describe('stamp', () => {
  it('prints the zone after the time', () => {
    expect(stamp('2026-11-21T23:00:05.123456Z', 'utc')).toBe('2026-11-21 23:00:05 UTC');
  });
  it('gives back what is not a time', () => {
    expect(stamp('soon', 'utc')).toBe('soon');
  });
});

describe('zoneName', () => {
  const at = (minutesWest: number) => ({ getTimezoneOffset: () => minutesWest }) as Date;
  it('is the offset of local time, with its minutes', () => {
    expect(zoneName('local', at(-60))).toBe('+01:00');
    expect(zoneName('local', at(210))).toBe('−03:30');
    expect(zoneName('local', at(0))).toBe('+00:00');
  });
});

describe('ago', () => {
  it.each([
    ['2026-11-21T22:59:59Z', 'just now'],
    ['2026-11-21T23:00:30Z', 'just now'],
    ['2026-11-21T22:58:00Z', '2 min. ago'],
    ['2026-11-21T20:30:00Z', '2 hr. ago'],
    ['2026-11-19T22:00:00Z', '2 days ago'],
    ['2026-11-23T23:00:00Z', 'in 2 days'],
  ])('%s is %s', (iso, text) => expect(ago(iso, NOW)).toBe(text));
});

describe('the field for an instant', () => {
  it('shows an instant and gives the same instant back, in either zone', () => {
    for (const zone of ['utc', 'local'] as const) {
      expect(fromField(toField('2026-03-03T14:05:09Z', zone), zone)).toBe('2026-03-03T14:05:09.000Z');
    }
  });
  it('is ISO 8601 with 24 hours, whatever the browser speaks', () => {
    expect(toField('2026-03-03T23:05:09Z', 'utc')).toBe('2026-03-03 23:05:09');
  });
  it.each([
    ['2026-03-03 14:05', '2026-03-03T14:05:00.000Z'],
    [' 2026-03-03T14:05:06 ', '2026-03-03T14:05:06.000Z'],
    ['2026-03-03', '2026-03-03T00:00:00.000Z'],
  ])('takes %s', (typed, instant) => expect(fromField(typed, 'utc')).toBe(instant));
  it.each(['', 'noon', '2026-13-45 99:99', '2026-02-30', '2026-03-03 24:61', '3.3.2026'])(
    'gives none for %o',
    (typed) => {
      for (const zone of ['utc', 'local'] as const) expect(fromField(typed, zone)).toBeNull();
    },
  );
});

describe('isInstant', () => {
  it('demands a zone', () => {
    expect(isInstant('2026-03-03T14:05:09Z')).toBe(true);
    expect(isInstant('2026-03-03T14:05:09.123456+01:00')).toBe(true);
    expect(isInstant('2026-03-03T14:05:09')).toBe(false);
    expect(isInstant('2026-99-03T14:05:09Z')).toBe(false);
    expect(isInstant('yesterday')).toBe(false);
  });
});
