import { describe, expect, it } from 'vitest';
import { exportHref, sameFilters, toFilters } from './exports';

describe('what a list is taken away with', () => {
  it('is what is set', () => {
    expect(toFilters({ q: 'web', state: undefined, group: '' })).toEqual({ q: 'web' });
  });
  it('is encoded twice: as filters, and as a parameter', () => {
    const href = exportHref('facts', { kind: 'package', key: 'a&b=c*' }, 'csv');
    const asked = new URL(href, 'http://x').searchParams;
    expect(asked.get('list')).toBe('facts');
    expect(Object.fromEntries(new URLSearchParams(asked.get('filters') ?? ''))).toEqual({
      kind: 'package',
      key: 'a&b=c*',
    });
    expect(exportHref('hosts', {}, 'json')).toBe('/api/v1/export?list=hosts&format=json');
  });
  it('is the same in another order, and another with one more', () => {
    expect(sameFilters({ a: '1', b: '2' }, { b: '2', a: '1' })).toBe(true);
    expect(sameFilters({ a: '1' }, { a: '1', b: '2' })).toBe(false);
    expect(sameFilters({ a: '1' }, { b: '1' })).toBe(false);
  });
});
