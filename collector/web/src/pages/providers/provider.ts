/** A provider as it is typed. */
import type { Mapped, Provider, ProviderFields } from '../../api/providers';

export type MappingDraft = { value: string; role: string; group: string };
export type ProviderDraft = {
  name: string;
  title: string;
  issuer: string;
  clientId: string;
  secret: string;
  nameClaim: string;
  groupClaim: string;
  scopes: string;
  ca: string;
  justInTime: boolean;
  enabled: boolean;
  mappings: MappingDraft[];
};

export const toDraft = (provider: Provider | undefined): ProviderDraft => ({
  name: provider?.name ?? '',
  title: provider?.title ?? '',
  issuer: provider?.issuer ?? '',
  clientId: provider?.client_id ?? '',
  secret: '',
  nameClaim: provider?.name_claim ?? 'preferred_username',
  groupClaim: provider?.group_claim ?? 'groups',
  scopes: provider?.scopes.join(' ') ?? 'profile email',
  ca: provider?.ca_pem ?? '',
  justInTime: provider?.just_in_time ?? false,
  enabled: provider?.enabled ?? true,
  mappings: (provider?.mappings ?? []).map(({ value, role, group }) => ({ value, role, group: group ?? '' })),
});

/** What the API takes. A secret that was not typed is left out: what is kept stays. */
export const toFields = (draft: ProviderDraft): ProviderFields => ({
  name: draft.name.trim(),
  title: draft.title.trim(),
  issuer: draft.issuer.trim(),
  client_id: draft.clientId.trim(),
  ...(draft.secret && { client_secret: draft.secret }),
  name_claim: draft.nameClaim.trim(),
  group_claim: draft.groupClaim.trim(),
  scopes: draft.scopes.split(/\s+/).filter((scope) => scope !== ''),
  ca_pem: draft.ca.trim() || null,
  just_in_time: draft.justInTime,
  enabled: draft.enabled,
  mappings: draft.mappings.map(
    ({ value, role, group }): Mapped => ({ value: value.trim(), role, group: group || null }),
  ),
});
