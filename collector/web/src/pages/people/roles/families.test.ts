import { expect, test } from 'vitest';
import type { Permission } from '../../../api/people';
import { chosen, families } from './families';

const permission = (code: string): Permission => ({ code, about: 'hosts', needs_proof: false, says: code });
const ALL = ['hosts.read', 'hosts.label', 'facts.read', 'audit.read'].map(permission);

test('permissions stand by what is before the dot, in the order of the registry', () => {
  expect(families(ALL, ({ code }) => code).map(({ name, members }) => [name, members.length])).toEqual([
    ['hosts', 2],
    ['facts', 1],
    ['audit', 1],
  ]);
});

test('a permission that is chosen comes to its place, and one that is taken out goes', () => {
  expect(chosen(ALL, ['audit.read', 'hosts.read'], 'facts.read', true)).toEqual([
    'hosts.read',
    'facts.read',
    'audit.read',
  ]);
  expect(chosen(ALL, ['hosts.read', 'audit.read'], 'hosts.read', false)).toEqual(['audit.read']);
});

test('what this console does not know is not dropped', () => {
  expect(chosen(ALL, ['moon.read'], 'hosts.read', true)).toEqual(['hosts.read', 'moon.read']);
});
