import { describe, expect, it } from 'vitest';
import { columnsOf, fields, matching, toRow, type Value } from './facts';

describe('fields', () => {
  it('names nested fields by their path and puts lists in one line', () => {
    expect(fields({ a: { b: 1, c: { d: 'x' } }, list: ['p', 2, { q: true }] })).toEqual([
      ['a.b', '1'],
      ['a.c.d', 'x'],
      ['list', 'p, 2, {"q":true}'],
    ]);
  });
  it('says null, false and empty rather than leaving them out', () => {
    expect(fields({ n: null, f: false, s: '', l: [], o: {} })).toEqual([
      ['n', 'null'],
      ['f', 'false'],
      ['s', ''],
      ['l', '[]'],
      ['o', '{}'],
    ]);
  });
});

const rows = [
  toRow({ key: 'openssl:amd64', value: { version: '3.0.11', source: 'openssl' } }),
  toRow({ key: 'bash:amd64', value: { version: '5.2', essential: true } }),
  toRow({ key: 'curl:amd64', value: { version: '7.88' } }),
];

describe('columnsOf', () => {
  it('puts the fields that most facts have first', () => {
    expect(columnsOf(rows)).toEqual(['version', 'source', 'essential']);
  });
  it('puts what is looked for first, and what says nothing in any of them last', () => {
    const value: Value = { architecture: 'all', installed_at: null, size: 5, vendor: 'd', version: '1' };
    const packages = [toRow({ key: 'a', value }), toRow({ key: 'b', value: { ...value, vendor: null } })];
    expect(columnsOf(packages, 'package')).toEqual([
      'version',
      'architecture',
      'size',
      'vendor',
      'installed_at',
    ]);
  });
});

describe('matching', () => {
  const keys = (query: string) => matching(rows, query).map((row) => row.fact.key);
  it('finds every word, in key or value, in any case', () => {
    expect(keys('AMD64 3.0')).toEqual(['openssl:amd64']);
    expect(keys('amd64 nothing')).toEqual([]);
  });
  it('finds all with no word', () => {
    expect(keys('  ')).toHaveLength(3);
  });
  it('does not find a word that runs from one field into the next', () => {
    expect(keys('3.0.11openssl')).toEqual([]);
  });
});
