import { expect, it } from 'vitest';
import { countAtLeast } from './overview';

it('counts at each severity what is as serious or more, as the list that it leads to does', () => {
  const items = (['low', 'high', 'low', 'critical'] as const).map((severity) => ({ severity }));
  expect(countAtLeast(items)).toEqual([
    { severity: 'critical', count: 1 },
    { severity: 'high', count: 2 },
    { severity: 'low', count: 4 },
  ]);
});
