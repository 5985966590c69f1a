import { describe, expect, it } from 'vitest';
import { ALERT_STATES } from '../../lib/search';
import { inHours, SNOOZES, verbs } from './deeds';

describe('verbs', () => {
  it('offers what the collector does, and nothing of an alert that has ended', () => {
    expect(ALERT_STATES.map((state) => [state, ...verbs(state)])).toEqual([
      ['active', 'assign', 'dismiss', 'snooze', 'acknowledge'],
      ['acknowledged', 'assign', 'dismiss', 'snooze'],
      ['snoozed', 'assign', 'dismiss', 'snooze', 'wake', 'acknowledge'],
      ['dismissed', 'assign', 'acknowledge'],
      ['resolved'],
    ]);
  });
});

describe('a snooze', () => {
  it('ends so many hours from now, and never later than the collector takes', () => {
    expect(inHours(Date.UTC(2026, 2, 3, 14), 4)).toBe('2026-03-03T18:00:00.000Z');
    for (const { hours } of SNOOZES) expect(hours).toBeLessThan(30 * 24);
  });
});
