import { describe, expect, it } from 'vitest';
import { byField } from './distribution';

const values = [
  { key: 'bash', value: { version: '5.1', installed_at: 1 }, hosts: 2 },
  { key: 'bash', value: { version: '5.2', installed_at: 2 }, hosts: 4 },
  { key: 'bash', value: { version: '5.1', installed_at: 3 }, hosts: 3 },
  { key: 'zsh', value: { version: '5.1' }, hosts: 1 },
];

describe('byField', () => {
  it('counts hosts by the field alone, most first, keys apart', () => {
    expect(byField(values, 'version')).toEqual([
      { key: 'bash', text: '5.1', hosts: 5 },
      { key: 'bash', text: '5.2', hosts: 4 },
      { key: 'zsh', text: '5.1', hosts: 1 },
    ]);
  });
  it('counts whole values where no field stands out', () => {
    expect(byField(values, null).map(({ hosts }) => hosts)).toEqual([4, 3, 2, 1]);
  });
});
