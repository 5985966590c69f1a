import { describe, expect, it } from 'vitest';
import type { Control } from '../api/catalogue';
import { coverageOf, matchingControls } from './controls';

const control = (id: string, rest: Partial<Control> = {}): Control => ({
  id,
  title: null,
  automated: true,
  covered: false,
  levels: [],
  rules: [],
  from: {},
  ...rest,
});
const all = [
  control('1.1', { covered: true, rules: ['tmp-nodev'] }),
  control('1.2', { rules: ['ssh-root'] }),
  control('AC-7', { automated: false, rules: ['ssh-root'], title: 'Unsuccessful logon attempts' }),
  control('AT-1', { automated: false }),
];

describe('controls', () => {
  it('never takes evidence for a decision', () =>
    expect(all.map(coverageOf)).toEqual(['covered', 'open', 'evidence', 'manual']));
  it('are found by number, title and rule, every word of it', () => {
    expect(matchingControls(all, 'SSH logon', undefined).map(({ id }) => id)).toEqual(['AC-7']);
    expect(matchingControls(all, 'ssh-root', 'open').map(({ id }) => id)).toEqual(['1.2']);
  });
});
