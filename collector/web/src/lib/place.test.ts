import { expect, test } from 'vitest';
import { placeIn } from './place';

test('the place is what stands at the end of what the collector says', () => {
  expect(placeIn('expression: a value is wanted here, not `&&` (line 2, column 3)')).toEqual({
    line: 2,
    column: 3,
  });
});

test('a message without a place has none', () => {
  expect(placeIn('the name is taken')).toBeNull();
});
