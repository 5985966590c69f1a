import { describe, expect, it } from 'vitest';
import type { Outcome } from '../api/posture';
import { outcomeText } from './evidence';

const outcome: Outcome = {
  status: 'fail',
  because: 'two lines allow it',
  content: '7beab2a3aa4809d9',
  values: { seconds: 30 },
  truncated: true,
  valid_from: '2026-11-30T17:18:17.403943Z',
  valid_to: null,
  evidence: [
    {
      check: 'lines',
      status: 'fail',
      read: ['/etc/a', '/etc/b'],
      expected: 'none',
      actual: 'first\nsecond',
      offenders: ['x', 'y'],
      offenders_total: 5,
    },
  ],
};

describe('outcomeText', () => {
  it('has everything that was seen, and says what it has not', () => {
    expect(outcomeText('web-1', 'a-rule', outcome)).toBe(
      [
        'host: web-1',
        'rule: a-rule',
        'verdict: fail',
        'because: two lines allow it',
        'since: 2026-11-30T17:18:17.403943Z',
        'content: 7beab2a3aa4809d9',
        'values: seconds = 30',
        '',
        'check: lines (fail)',
        'read:',
        '  /etc/a',
        '  /etc/b',
        'expected: none',
        'actual:',
        '  first',
        '  second',
        'otherwise:',
        '  x',
        '  y',
        '  (3 more are not named)',
        '',
        'Evidence was left out because it was too long.',
        '',
      ].join('\n'),
    );
  });
});
