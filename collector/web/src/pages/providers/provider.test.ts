import { expect, test } from 'vitest';
import type { Provider } from '../../api/providers';
import { toDraft, toFields } from './provider';

const PROVIDER: Provider = {
  name: 'corp',
  title: 'Corporate sign-in',
  kind: 'oidc',
  issuer: 'https://login.example.com',
  client_id: 'openwatch',
  has_client_secret: true,
  name_claim: 'preferred_username',
  group_claim: 'groups',
  scopes: ['profile'],
  ca_pem: null,
  just_in_time: true,
  enabled: true,
  mappings: [{ value: 'ops', role: 'operator', group: null }],
  redirect_uri: 'https://collector/callback',
  created_at: '2026-01-01T00:00:00Z',
  created_by: 'admin',
};

test('a provider comes back from its draft as it was, and its secret is not sent unless it was typed', () => {
  const fields = toFields(toDraft(PROVIDER));
  const { kind, has_client_secret, redirect_uri, created_at, created_by, ...said } = PROVIDER;
  expect(fields).toEqual(said);
  expect(toFields({ ...toDraft(PROVIDER), secret: 'other' }).client_secret).toBe('other');
});
