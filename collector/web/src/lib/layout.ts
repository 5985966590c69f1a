/** How somebody has arranged their overview: kept in this browser, and nothing of it is about the fleet. */
import { useSyncExternalStore } from 'react';

export const WIDGETS = ['score', 'silent', 'alerts', 'drift', 'waivers', 'failing', 'worst'] as const;
export type WidgetId = (typeof WIDGETS)[number];
export type Layout = { order: readonly WidgetId[]; hidden: readonly WidgetId[] };

/** Where people of a role begin. */
export const PRESETS = {
  everything: { order: WIDGETS, hidden: [] },
  operator: {
    order: ['alerts', 'silent', 'drift', 'worst', 'failing', 'score', 'waivers'],
    hidden: ['waivers'],
  },
  security: {
    order: ['score', 'alerts', 'failing', 'worst', 'drift', 'waivers', 'silent'],
    hidden: [],
  },
  auditor: {
    order: ['score', 'waivers', 'failing', 'worst', 'silent', 'drift', 'alerts'],
    hidden: ['drift', 'alerts'],
  },
} as const satisfies Record<string, Layout>;
export type Preset = keyof typeof PRESETS;

/** Takes only what is known of a stored text; a widget that is newer than it stands at the end. */
export function parseLayout(text: string | null): Layout {
  let stored: { order?: unknown; hidden?: unknown } = {};
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    if (typeof value === 'object' && value !== null) stored = value;
  } catch {
    // Not ours; the first preset does.
  }
  const known = (list: unknown): WidgetId[] => {
    const names: unknown[] = Array.isArray(list) ? list : [];
    return WIDGETS.filter((id) => names.includes(id)).sort((a, b) => names.indexOf(a) - names.indexOf(b));
  };
  const order = known(stored.order);
  return {
    order: [...order, ...WIDGETS.filter((id) => !order.includes(id))],
    hidden: known(stored.hidden),
  };
}

/** Puts a widget before the one that is shown before it, or behind the next. */
export function moved(
  { order, hidden }: Layout,
  id: WidgetId,
  step: -1 | 1,
  shown: readonly WidgetId[],
): Layout {
  const other = shown[shown.indexOf(id) + step];
  if (other === undefined) return { order, hidden };
  const rest = order.filter((each) => each !== id);
  const at = rest.indexOf(other) + (step > 0 ? 1 : 0);
  return { order: rest.toSpliced(at, 0, id), hidden };
}

/** Which preset this is, if any. */
export const presetOf = (layout: Layout): Preset | undefined =>
  (Object.keys(PRESETS) as Preset[]).find(
    (name) =>
      PRESETS[name].order.join() === layout.order.join() &&
      [...PRESETS[name].hidden].sort().join() === [...layout.hidden].sort().join(),
  );

const KEY = 'openwatch-overview';

function load(): Layout {
  try {
    return parseLayout(localStorage.getItem(KEY));
  } catch {
    return PRESETS.everything;
  }
}

let layout = load();
const listeners = new Set<() => void>();

export function setLayout(next: Layout): void {
  layout = next;
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

export const useLayout = (): Layout =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => layout,
  );
