import { describe, expect, it } from 'vitest';
import { differenceText, scoreText } from './score';

describe('scoreText', () => {
  it('has one digit behind the point', () => expect(scoreText(75.6411)).toBe('75.6'));
  it('is whole only where nothing is missing', () => {
    expect(scoreText(100)).toBe('100');
    expect(scoreText(99.99)).toBe('99.9');
  });
  it('is nothing only where nothing passes', () => {
    expect(scoreText(0)).toBe('0');
    expect(scoreText(0.004)).toBe('0.1');
  });
});

describe('differenceText', () => {
  it('has a sign', () => {
    expect(differenceText(80.14, 79)).toBe('+1.1');
    expect(differenceText(79, 80.14)).toBe('−1.1');
  });
  it('is nothing where both read the same', () => expect(differenceText(80.01, 80.04)).toBe('±0'));
});
