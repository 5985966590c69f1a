import type { Decision, Waiver } from '../../api/waivers';

export type Deed = Decision | 'renew';
export type Offer = { deed: Deed; allowed: 'yes' | 'own' | 'permission' };

const NEEDED: Record<Deed, 'waivers.approve' | 'waivers.request'> = {
  approve: 'waivers.approve',
  reject: 'waivers.approve',
  revoke: 'waivers.approve',
  withdraw: 'waivers.request',
  renew: 'waivers.request',
};
export const needed = (deed: Deed) => NEEDED[deed];

/**
 * What can become of an exception that stands so, and whether this person may do it. Who asked does not
 * decide, whatever else they may do; and nobody else withdraws what they asked for.
 */
export function offers(
  { state, requested_by }: Pick<Waiver, 'state' | 'requested_by'>,
  who: string | undefined,
  may: (permission: string) => boolean,
): Offer[] {
  const own = requested_by === who;
  const offer = (deed: Deed): Offer => ({ deed, allowed: may(NEEDED[deed]) ? 'yes' : 'permission' });
  switch (state) {
    case 'requested':
      return [
        ...(['approve', 'reject'] as const).map(
          (deed): Offer => (own ? { deed, allowed: 'own' } : offer(deed)),
        ),
        ...(own ? [offer('withdraw')] : []),
      ];
    case 'approved':
      return [offer('renew'), offer('revoke')];
    case 'expired':
      return [offer('renew')];
    default:
      return [];
  }
}
