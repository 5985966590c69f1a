import { describe, expect, it } from 'vitest';
import type { HostPosture } from '../api/posture';
import { standing } from './standing';

const host = (tally: Partial<HostPosture>): HostPosture =>
  ({
    silent: false,
    passed: 0,
    failed: 0,
    waived: 0,
    failed_critical: 0,
    failed_high: 0,
    ...tally,
  }) as HostPosture;

describe('standing', () => {
  it('takes nobody who is silent for passing', () =>
    expect(standing(host({ silent: true, passed: 10 }))).toBe('silent'));
  it('takes nobody of whom nothing is known for passing', () => expect(standing(host({}))).toBe('unknown'));
  it('goes by the severity of what fails', () => {
    expect(standing(host({ passed: 9, failed: 2, failed_high: 1 }))).toBe('failing');
    expect(standing(host({ passed: 9, failed: 2 }))).toBe('warning');
    expect(standing(host({ passed: 9 }))).toBe('passing');
  });
  it('is waived only where every failure is', () => {
    expect(standing(host({ failed: 2, waived: 2, failed_critical: 1 }))).toBe('waived');
    expect(standing(host({ failed: 2, waived: 1, failed_critical: 1 }))).toBe('failing');
  });
});
