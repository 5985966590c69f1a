import { describe, expect, it } from 'vitest';
import { pagesAbout } from './rows';

describe('pagesAbout', () => {
  it('leaves out the first page, which is there in any case', () => {
    expect(pagesAbout(0, 40)).toEqual([]);
  });

  it('names the next page before its first row is in view', () => {
    expect(pagesAbout(120, 155)).toEqual([1]);
  });

  it('names the pages on both sides of where two meet', () => {
    expect(pagesAbout(99_590, 99_620)).toEqual([497, 498]);
  });

  it('names no page that is far from what is in view', () => {
    expect(pagesAbout(50_080, 50_120)).toEqual([250]);
  });
});
