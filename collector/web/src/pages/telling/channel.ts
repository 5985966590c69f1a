/** A channel as it is typed. Fields that its kind does not have are kept, so that another kind loses nothing. */
import type { Channel, ChannelFields, ChannelSettings } from '../../api/telling';

export type Kind = ChannelSettings['kind'];
export const KINDS = [
  'email',
  'slack',
  'teams',
  'pagerduty',
  'webhook',
  'syslog',
] as const satisfies readonly Kind[];
export const SECURITIES = ['none', 'starttls', 'tls'] as const;
export type Security = (typeof SECURITIES)[number];

export type ChannelDraft = {
  name: string;
  enabled: boolean;
  kind: Kind;
  secret: string;
  host: string;
  port: string;
  security: Security;
  user: string;
  from: string;
  to: string;
  url: string;
  facility: string;
  tls: boolean;
  ca: string;
};

const NEW: ChannelDraft = {
  name: '',
  enabled: true,
  kind: 'email',
  secret: '',
  host: '',
  port: '',
  security: 'starttls',
  user: '',
  from: '',
  to: '',
  url: '',
  facility: '',
  tls: true,
  ca: '',
};

export function toDraft(channel: Channel | undefined): ChannelDraft {
  if (!channel) return NEW;
  const { settings } = channel;
  const known = {
    ...NEW,
    name: channel.name,
    enabled: channel.enabled,
    kind: settings.kind,
    ca: settings.ca_pem ?? '',
  };
  switch (settings.kind) {
    case 'email':
      return {
        ...known,
        host: settings.host,
        port: String(settings.port),
        security: settings.security,
        user: settings.user ?? '',
        from: settings.from,
        to: settings.to.join('\n'),
      };
    case 'pagerduty':
    case 'webhook':
      return { ...known, url: settings.url ?? '' };
    case 'syslog':
      return {
        ...known,
        host: settings.host,
        port: String(settings.port),
        facility: settings.facility === undefined ? '' : String(settings.facility),
        tls: settings.tls,
      };
    case 'slack':
    case 'teams':
      return known;
  }
}

export const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

function settingsOf(draft: ChannelDraft): ChannelSettings {
  const ca_pem = draft.ca.trim() || null;
  const { kind } = draft;
  switch (kind) {
    case 'email':
      return {
        kind,
        host: draft.host.trim(),
        port: Number(draft.port),
        security: draft.security,
        user: draft.user.trim() || null,
        from: draft.from.trim(),
        to: lines(draft.to),
        ca_pem,
      };
    case 'slack':
    case 'teams':
      return { kind, ca_pem };
    case 'pagerduty':
      return { kind, ca_pem, ...(draft.url.trim() && { url: draft.url.trim() }) };
    case 'webhook':
      return { kind, url: draft.url.trim(), ca_pem };
    case 'syslog':
      return {
        kind,
        host: draft.host.trim(),
        port: Number(draft.port),
        tls: draft.tls,
        ...(draft.facility !== '' && { facility: Number(draft.facility) }),
        ca_pem,
      };
  }
}

/** What the API takes. A secret that was not typed is left out: what is kept stays. */
export const toFields = (draft: ChannelDraft): ChannelFields => ({
  name: draft.name.trim(),
  enabled: draft.enabled,
  settings: settingsOf(draft),
  ...(draft.kind !== 'syslog' && draft.secret && { secret: draft.secret }),
});

/** Where a channel leads, as far as it is no secret. */
export function leadsTo(settings: ChannelSettings): string | null {
  switch (settings.kind) {
    case 'email':
      return `${settings.to.join(', ')} via ${settings.host}:${settings.port}`;
    case 'syslog':
      return `${settings.host}:${settings.port}`;
    case 'webhook':
    case 'pagerduty':
      return settings.url ?? null;
    case 'slack':
    case 'teams':
      return null;
  }
}
