import { describe, expect, it } from 'vitest';
import { type Draft, toRequest, wrongDays, wrongFields, wrongReason } from './checks';

const draft: Draft = {
  scope: 'host',
  host: 'h',
  group: 'g',
  subject: 'rule',
  rule: 'r',
  framework: 'f',
  control: 'c',
  reason: 'The vendor ships its fix with the next release.',
  compensating: '',
  risk: '',
  evidence: ' OPS-1 ',
  days: '30',
};

describe('the request of an exception', () => {
  it('names only whom and what is chosen', () => {
    expect(toRequest(draft)).toMatchObject({ host: 'h', rule: 'r', days: 30, evidence: 'OPS-1' });
    expect(toRequest(draft)).not.toHaveProperty('group');
    expect(toRequest(draft)).not.toHaveProperty('control');
    const fleet = toRequest({ ...draft, scope: 'fleet', subject: 'control' });
    expect(fleet).toMatchObject({ fleet: true, framework: 'f', control: 'c' });
    expect(fleet).not.toHaveProperty('host');
    expect(fleet).not.toHaveProperty('rule');
  });
  it('is held to what is chosen', () => {
    expect([...wrongFields(draft)]).toEqual([]);
    expect([...wrongFields({ ...draft, host: undefined, rule: undefined })]).toEqual(['host', 'rule']);
    expect([...wrongFields({ ...draft, subject: 'control', control: undefined })]).toEqual(['control']);
  });
  it('has a reason of 20 to 2,000 characters', () => {
    expect(['too short', ' '.repeat(30), 'x'.repeat(19), 'x'.repeat(2001)].every(wrongReason)).toBe(true);
    expect(['x'.repeat(20), 'x'.repeat(2000), '🛡'.repeat(20)].some(wrongReason)).toBe(false);
  });
  it('lasts 1 to 365 days', () => {
    expect(['', '0', '366', '1.5', '-1', '1e2', 'x'].every(wrongDays)).toBe(true);
    expect(['1', '365', ' 30 '].some(wrongDays)).toBe(false);
  });
});
