import { expect, test } from 'vitest';
import { fromLines, toLines } from './labels';

test('labels are a line each, and come back as they were', () => {
  const labels = { role: 'web', 'example.com/tier': 'prod', empty: '' };
  expect(toLines(labels)).toBe('role=web\nexample.com/tier=prod\nempty=');
  expect(fromLines(toLines(labels))).toEqual(labels);
});

test('no line is no rule, and a value may have an equals sign', () => {
  expect(fromLines(' \n')).toBeNull();
  expect(fromLines('a = b=c ')).toEqual({ a: 'b=c' });
});

test('a line without a key is no label', () => {
  expect(fromLines('web')).toBeUndefined();
  expect(fromLines('=web')).toBeUndefined();
});
