import { expect, test } from 'vitest';
import type { Condition } from '../../api/telling';
import { figuresOf, resorted, toCondition, toDraft } from './condition';

const ALL: Condition[] = [
  { sort: 'finding', severity: 'high' },
  { sort: 'score_drop', points: 5, hours: 12 },
  { sort: 'score_below', percent: 70 },
  { sort: 'falling', days: 3 },
  { sort: 'unreachable', seconds: 90 },
  { sort: 'silent', hours: 6 },
  { sort: 'errors', least: 4 },
  { sort: 'behind', hosts: 3, minutes: 9 },
  { sort: 'event', codes: ['package.updated'], minutes: 30 },
  { sort: 'mass', hosts: 20, minutes: 10 },
  { sort: 'stalled', minutes: 2 },
  { sort: 'host_expression', when: 'posture.score < 90.0' },
  { sort: 'event_expression', when: 'event.code == "x"', minutes: 5 },
  { sort: 'waiver_requested' },
  { sort: 'waiver_expiring', days: 10 },
  { sort: 'waiver_expired', minutes: 100 },
  { sort: 'drift', level: 'major', state: 'expected', minutes: 7 },
];

test.each(ALL)('a condition of sort $sort comes back from its draft as it was', (condition) => {
  expect(toCondition(toDraft(condition))).toEqual(condition);
});

test('another sort keeps the figures that both have and begins the others with something usual', () => {
  const draft = resorted(toDraft({ sort: 'behind', hosts: 3, minutes: 9 }), 'mass');
  expect(toCondition(draft)).toEqual({ sort: 'mass', hosts: 3, minutes: 9 });
  expect(toCondition(resorted(draft, 'score_below'))).toEqual({ sort: 'score_below', percent: 80 });
});

test('in short a condition is its figures', () => {
  const word = (name: string) => name;
  expect(figuresOf({ sort: 'score_drop', points: 5, hours: 1200 }, word)).toBe('points 5, hours 1,200');
  expect(figuresOf({ sort: 'event', codes: ['a', 'b'], minutes: 30 }, word)).toBe('a, b, minutes 30');
});
