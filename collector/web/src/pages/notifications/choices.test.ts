import { describe, expect, it } from 'vitest';
import { SEVERITIES } from '../../lib/search';
import { choose, fromClock, severitiesOf, toClock, wishes, wishOf } from './choices';

describe('choices', () => {
  it('are what differs from what everybody has', () => {
    const some = choose([], 'event', ['high'], { email: 'now' });
    expect(some).toEqual([{ alert_type: 'event', severity: 'high', in_app: true, email: 'now' }]);
    expect(wishOf(some, 'event', 'high').email).toBe('now');
    expect(wishOf(some, 'event', 'low')).toEqual({ in_app: true, email: 'off' });
    expect(choose(some, 'event', ['high'], { email: 'off' })).toEqual([]);
  });
  it('keep what is not chosen anew, and other types', () => {
    const some = choose(choose([], 'event', ['high'], { in_app: false }), 'mass_drift', ['low'], {
      email: 'digest',
    });
    const more = choose(some, 'event', ['high'], { email: 'now' });
    expect(wishOf(more, 'event', 'high')).toMatchObject({ in_app: false, email: 'now' });
    expect(wishOf(more, 'mass_drift', 'low').email).toBe('digest');
  });
  it('of all severities are one where they agree, and none where they do not', () => {
    const all = choose([], 'event', severitiesOf('all'), { email: 'digest' });
    expect(all).toHaveLength(SEVERITIES.length);
    expect(wishes(all, 'event', SEVERITIES)).toEqual({ in_app: true, email: 'digest' });
    expect(wishes(choose(all, 'event', ['low'], { email: 'off' }), 'event', SEVERITIES).email).toBeNull();
  });
});

describe('a clock', () => {
  it('is a minute of the day, and back', () => {
    expect([0, 61, 1_439, 1_440].map(toClock)).toEqual(['00:00', '01:01', '23:59', '00:00']);
    expect(['00:00', '22:30', '24:00', '7', ''].map(fromClock)).toEqual([0, 1_350, null, null, null]);
  });
});
