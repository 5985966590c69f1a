import { useNavigate } from '@tanstack/react-router';
import { useEffect, useEffectEvent } from 'react';
import { usePrefs } from '../lib/prefs';
import { PLACES, type Place } from './places';

/** How long after `g` the next letter still means "go to". */
const CHORD_MS = 1_000;
/** `/` search, Ctrl or ⌘ K palette, `g` and the letter of a place goes there. None fires while somebody types. */
export function useShortcuts(togglePalette: () => void): void {
  const navigate = useNavigate();
  const areOff = usePrefs().keys === 'off';
  const onPalette = useEffectEvent(togglePalette);
  const go = useEffectEvent((to: Place['to']) => void navigate({ to }));

  useEffect(() => {
    let chord = 0;
    const onKeyDown = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        onPalette();
        return;
      }
      if (areOff || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const place = PLACES.find(({ key }) => key === event.key);
      if (event.key === '/') {
        event.preventDefault();
        const field = document.querySelector<HTMLInputElement>('[data-search]');
        if (field) field.focus();
        else onPalette();
      } else if (event.key === 'g') {
        chord = event.timeStamp;
        return;
      } else if (place && chord > 0 && event.timeStamp - chord < CHORD_MS) {
        go(place.to);
      }
      chord = 0;
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [areOff]);
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest('input, textarea, select, [contenteditable], [role=dialog], [role=menu]') !== null;
