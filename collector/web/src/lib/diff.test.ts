import { describe, expect, it } from 'vitest';
import { diffFields, type Part, verb } from './diff';

const text = (parts: Part[] | null | undefined) =>
  parts?.map((part) => (part.marked ? `[${part.text}]` : part.text)).join('');

describe('diffFields', () => {
  it('marks only the words that differ', () => {
    const [field] = diffFields({ options: 'rw, nodev' }, { options: 'rw, nodev, noexec' });
    expect(text(field?.before)).toBe('rw, nodev');
    expect(text(field?.after)).toBe('rw, nodev[, noexec]');
    expect(field?.same).toBe(false);
  });
  it('marks what went on the old side and what came on the new', () => {
    const [field] = diffFields({ line: 'login no' }, { line: 'login yes' });
    expect(text(field?.before)).toBe('login [no]');
    expect(text(field?.after)).toBe('login [yes]');
  });
  it('puts together to the whole text of each side', () => {
    const [field] = diffFields({ v: '3.0.11-1~deb12u2' }, { v: '3.0.17-1~deb12u3' });
    expect(field?.before?.map((part) => part.text).join('')).toBe('3.0.11-1~deb12u2');
    expect(field?.after?.map((part) => part.text).join('')).toBe('3.0.17-1~deb12u3');
  });
  it('has one side only for a field that came or went', () => {
    const all = diffFields({ old: 1, kept: 2 }, { kept: 2, fresh: 3 });
    expect(all.map(({ name, before, after, same }) => [name, text(before), text(after), same])).toEqual([
      ['kept', '2', '2', true],
      ['fresh', undefined, '3', false],
      ['old', '1', undefined, false],
    ]);
  });
  it('has all fields on one side when the fact came or went', () => {
    expect(diffFields(null, { a: 1 })[0]).toMatchObject({ before: null, same: false });
    expect(diffFields({ a: 1 }, null)[0]).toMatchObject({ after: null, same: false });
  });
});

describe('verb', () => {
  it('says what happened', () => {
    expect([verb(null, {}), verb({}, {}), verb({}, null)]).toEqual(['appeared', 'changed', 'removed']);
  });
});
