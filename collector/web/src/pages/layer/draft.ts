/** A layer of settings as it is typed: everything is a text, and what is empty the layer does not say. */
import type { Layer } from '../../api/layers';

export type Flag = '' | 'on' | 'off';
export type KindDraft = { kind: string; enabled: Flag; every: string };
const DRIFT = ['major_points', 'minor_points', 'better_points', 'major_hosts', 'window_min'] as const;
export type DriftName = (typeof DRIFT)[number];
export type Draft = {
  reconcile: string;
  metrics: Flag;
  send: string;
  kinds: KindDraft[];
  profiles: string[];
  variables: string;
  drift: Record<DriftName, string>;
};

const flag = (value: boolean | null | undefined): Flag => (value == null ? '' : value ? 'on' : 'off');
const unflag = (value: Flag): boolean | undefined => (value === '' ? undefined : value === 'on');
const number = (value: number | null | undefined): string => (value == null ? '' : String(value));
const unnumber = (text: string): number | undefined => (text.trim() === '' ? undefined : Number(text));

/** A variable's value as it is typed: what would read as something else than a text stands in quotes. */
function typed(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return value === '' || read(value) !== value || value !== value.trim() || value.includes('\n')
    ? JSON.stringify(value)
    : value;
}

/** What was typed as a value: a whole number, a list or a text in quotes as JSON has them, else the text itself. */
function read(text: string): unknown {
  if (!/^(-?\d+$|\[|")/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function toDraft(layer: Layer): Draft {
  const { drift } = layer;
  return {
    reconcile: number(layer.reconcile_s),
    metrics: flag(layer.metrics?.enabled),
    send: number(layer.metrics?.send_every_s),
    kinds: Object.entries(layer.kinds ?? {}).map(([kind, { enabled, every_s }]) => ({
      kind,
      enabled: flag(enabled),
      every: number(every_s),
    })),
    profiles: layer.compliance?.profiles ?? [],
    variables: Object.entries(layer.compliance?.variables ?? {})
      .map(([name, value]) => `${name} = ${typed(value)}`)
      .join('\n'),
    drift: Object.fromEntries(DRIFT.map((name) => [name, number(drift?.[name])])) as Draft['drift'],
  };
}

/** The lines of variables as the API takes them; null when one of them is none. */
export function variables(text: string): Record<string, unknown> | null {
  const found: Record<string, unknown> = {};
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const at = line.indexOf('=');
    if (at < 1) return null;
    found[line.slice(0, at).trim()] = read(line.slice(at + 1).trim());
  }
  return found;
}

/** The layer that a draft says; null when a line of it cannot be read. */
export function toLayer(draft: Draft): Layer | null {
  const named = variables(draft.variables);
  if (!named) return null;
  const drift = DRIFT.map((name) => [name, unnumber(draft.drift[name])] as const).filter(
    ([, value]) => value !== undefined,
  );
  const kinds = draft.kinds
    .map(
      ({ kind, enabled, every }) =>
        [kind.trim(), { enabled: unflag(enabled), every_s: unnumber(every) }] as const,
    )
    .filter(
      ([kind, { enabled, every_s }]) => kind !== '' && (enabled !== undefined || every_s !== undefined),
    );
  return {
    reconcile_s: unnumber(draft.reconcile),
    metrics: { enabled: unflag(draft.metrics), send_every_s: unnumber(draft.send) },
    kinds: Object.fromEntries(kinds),
    compliance: { profiles: draft.profiles, variables: named },
    ...(drift.length > 0 && { drift: Object.fromEntries(drift) }),
  };
}
