import { describe, expect, it } from 'vitest';
import { pair } from './pair';

describe('pair', () => {
  const a = [
    { key: 'openssl', value: { version: '3.0.11', arch: 'amd64' } },
    { key: 'bash', value: { version: '5.2' } },
    { key: 'only-a', value: {} },
  ];
  const b = [
    { key: 'openssl', value: { arch: 'amd64', version: '3.0.11' } },
    { key: 'bash', value: { version: '5.1' } },
    { key: 'only-b', value: { x: null } },
  ];
  it('puts both sides beside each other, and knows what is the same', () => {
    expect(pair(a, b).map(({ key, same, a, b }) => [key, same, a !== null, b !== null])).toEqual([
      ['bash', false, true, true],
      ['only-a', false, true, false],
      ['only-b', false, false, true],
      ['openssl', true, true, true],
    ]);
  });
  it('holds them against each other by some fields alone', () => {
    const of = (at: number, locked: boolean) => [
      { key: 'k', value: { version: '1', installed_at: at, password: { locked } } },
    ];
    expect(pair(of(1, true), of(2, true))[0]?.same).toBe(false);
    expect(pair(of(1, true), of(2, true), ['version', 'password.locked'])[0]?.same).toBe(true);
    expect(pair(of(1, true), of(2, false), ['version', 'password.locked'])[0]?.same).toBe(false);
  });
  it('does not take null for a text that reads so', () => {
    const of = (value: unknown) => [{ key: 'k', value: { f: value } }];
    expect(pair(of(1), of('1'))[0]?.same).toBe(true);
    expect(pair(of('a'), of('b'))[0]?.same).toBe(false);
  });
});
