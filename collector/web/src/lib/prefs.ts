import { useSyncExternalStore } from 'react';

/** What a person prefers on this browser; never anything about the fleet. */
export type Prefs = { density: 'comfortable' | 'compact'; zone: 'utc' | 'local'; shortcuts: 'on' | 'off' };

const KEY = 'openwatch-prefs';
const DEFAULTS: Prefs = { density: 'comfortable', zone: 'utc', shortcuts: 'on' };

/** Takes only what is known of a stored text: it may be of another version, or anything. */
export function parsePrefs(text: string | null): Prefs {
  let stored: Partial<Record<keyof Prefs, unknown>> = {};
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    if (typeof value === 'object' && value !== null) stored = value;
  } catch {
    // Not ours; the defaults do.
  }
  return {
    density: stored.density === 'compact' ? 'compact' : DEFAULTS.density,
    zone: stored.zone === 'local' ? 'local' : DEFAULTS.zone,
    shortcuts: stored.shortcuts === 'off' ? 'off' : DEFAULTS.shortcuts,
  };
}

function load(): Prefs {
  try {
    return parsePrefs(localStorage.getItem(KEY));
  } catch {
    return DEFAULTS;
  }
}

let prefs = load();
const listeners = new Set<() => void>();

export function setPrefs(change: Partial<Prefs>): void {
  prefs = { ...prefs, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(prefs));
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
  document.documentElement.dataset.density = prefs.density;
  for (const listener of listeners) listener();
}

/** For what listens outside of components. */
export const currentPrefs = (): Prefs => prefs;

export const usePrefs = (): Prefs =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => prefs,
  );
