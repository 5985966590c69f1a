import { describe, expect, it } from 'vitest';
import { valueFilters } from '../../api/fleet-facts';
import { factsSearch, without } from './toSearch';

describe('a search of facts in the URL', () => {
  it('goes to the API and back', () => {
    const where = new URLSearchParams({ version: '1.2+b&c=d', 'owner.uid': '0' }).toString();
    const filters = { kind: 'package', key: 'openssl*', ...valueFilters({ where, below: '3.0.2-1' }) };
    expect(filters).toEqual({
      kind: 'package',
      key: 'openssl*',
      'value.version': '1.2+b&c=d',
      'value.owner.uid': '0',
      version_below: '3.0.2-1',
    });
    expect(factsSearch(filters)).toEqual({
      kind: 'package',
      key: 'openssl*',
      at: undefined,
      below: '3.0.2-1',
      where,
    });
  });
  it('loses one condition at a time', () => {
    expect(without('version=1&arch=x', 'version')).toBe('arch=x');
    expect(without('version=1', 'version')).toBeUndefined();
  });
});
