import { expect, test } from 'vitest';
import type { Channel, ChannelSettings } from '../../api/telling';
import { leadsTo, toDraft, toFields } from './channel';

const channel = (settings: ChannelSettings): Channel => ({
  id: '0',
  name: 'ops',
  enabled: true,
  secret_set: true,
  settings,
  created_at: '2026-01-01T00:00:00Z',
  created_by: 'admin',
});

const ALL: ChannelSettings[] = [
  {
    kind: 'email',
    host: 'mail.example.com',
    port: 587,
    security: 'starttls',
    user: null,
    from: 'openwatch@example.com',
    to: ['a@example.com', 'b@example.com'],
    ca_pem: null,
  },
  { kind: 'slack', ca_pem: null },
  { kind: 'teams', ca_pem: 'PEM' },
  { kind: 'pagerduty', ca_pem: null },
  { kind: 'webhook', url: 'https://example.com/hook', ca_pem: null },
  { kind: 'syslog', host: 'log.example.com', port: 6514, tls: true, facility: 13, ca_pem: null },
];

test.each(ALL)('a channel of kind $kind comes back from its draft as it was', (settings) => {
  expect(toFields(toDraft(channel(settings)))).toEqual({ name: 'ops', enabled: true, settings });
});

test('a secret is sent when it was typed, and never for a kind that has none', () => {
  const draft = { ...toDraft(undefined), kind: 'slack' as const, secret: 'https://hooks.example.com/1' };
  expect(toFields(draft).secret).toBe('https://hooks.example.com/1');
  expect(toFields({ ...draft, secret: '' })).not.toHaveProperty('secret');
  expect(toFields({ ...draft, kind: 'syslog' })).not.toHaveProperty('secret');
});

test('where a channel leads is told as far as it is no secret', () => {
  expect(ALL.map(leadsTo)).toEqual([
    'a@example.com, b@example.com via mail.example.com:587',
    null,
    null,
    null,
    'https://example.com/hook',
    'log.example.com:6514',
  ]);
});
