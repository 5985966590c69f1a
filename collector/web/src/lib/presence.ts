/**
 * Whether a person is at the page. A session ends when nobody has used it for half an hour, and a page that
 * looks again by itself, because time has passed or something happened on a host, is nobody.
 */

/** So long after somebody touched the page what it asks for is still for them. */
const PRESENT_MS = 30_000;
const ACTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

// Somebody opened it.
let actedAt = performance.now();

/** Notes from now on when somebody touches the page. */
export function watchPresence(page: EventTarget): void {
  for (const act of ACTS) page.addEventListener(act, acted, { passive: true, capture: true });
}

function acted(): void {
  actedAt = performance.now();
}

export const isPresent = (): boolean => performance.now() - actedAt < PRESENT_MS;
