import { describe, expect, it } from 'vitest';
import { offers } from './deeds';

const all = () => true;
const asked = { state: 'requested', requested_by: 'ada' } as const;
const told = (list: ReturnType<typeof offers>) => list.map(({ deed, allowed }) => `${deed} ${allowed}`);

describe('what can become of an exception', () => {
  it('is not for who asked to decide, whatever they may do', () => {
    expect(told(offers(asked, 'ada', all))).toEqual(['approve own', 'reject own', 'withdraw yes']);
  });
  it('is for somebody else to decide, and not to withdraw', () => {
    expect(told(offers(asked, 'grace', all))).toEqual(['approve yes', 'reject yes']);
  });
  it('needs the permission', () => {
    expect(told(offers(asked, 'grace', () => false))).toEqual(['approve permission', 'reject permission']);
  });
  it('goes on or ends while it counts, goes on when its time is over, and is over otherwise', () => {
    const of = (state: 'approved' | 'expired' | 'revoked' | 'rejected' | 'withdrawn' | 'renewed') =>
      offers({ state, requested_by: 'ada' }, 'ada', all).map(({ deed }) => deed);
    expect(of('approved')).toEqual(['renew', 'revoke']);
    expect(of('expired')).toEqual(['renew']);
    for (const over of ['revoked', 'rejected', 'withdrawn', 'renewed'] as const) expect(of(over)).toEqual([]);
  });
});
