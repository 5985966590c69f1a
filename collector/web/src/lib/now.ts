import { useSyncExternalStore } from 'react';

/** Relative times are to the minute, so that is how often they are drawn anew. */
const STEP_MS = 30_000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  // Nobody looked since the last page: the instant kept from then is old.
  if (listeners.size === 0) now = Date.now();
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, STEP_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The present instant in milliseconds, shared by the page so that its times agree. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);
