import { useNavigate } from '@tanstack/react-router';
import { useEffect, useEffectEvent } from 'react';
import { pressKey } from '../lib/keys';
import { currentPrefs } from '../lib/prefs';
import { PLACES, type Place } from './places';

/** How long after `g` the next letter still means "go to". */
const CHORD_MS = 1_000;
/**
 * `/` search, Ctrl or ⌘ K palette, `?` all keys, `g` and the letter of a place goes there, and the keys of the page. None
 * fires while somebody types, and of those that are a letter none when a person has turned them off.
 */
export function useShortcuts(togglePalette: () => void, showKeys: () => void): void {
  const navigate = useNavigate();
  const onPalette = useEffectEvent(togglePalette);
  const onKeys = useEffectEvent(showKeys);
  const go = useEffectEvent((to: Place['to']) => void navigate({ to }));

  useEffect(() => {
    let chord = 0;
    const onKeyDown = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        onPalette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (currentPrefs().shortcuts === 'off') return;
      const place = PLACES.find(({ key }) => key === event.key);
      if (event.key === '/') {
        event.preventDefault();
        const field = document.querySelector<HTMLInputElement>('[data-search]');
        if (field) field.focus();
        else onPalette();
      } else if (event.key === '?') {
        event.preventDefault();
        onKeys();
      } else if (event.key === 'g') {
        chord = event.timeStamp;
        return;
      } else if (place && chord > 0 && event.timeStamp - chord < CHORD_MS) {
        go(place.to);
      } else if (pressKey(event.key)) {
        event.preventDefault();
      }
      chord = 0;
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest(
    'input:not([type=checkbox]), textarea, select, [contenteditable], [role=dialog], [role=menu]',
  ) !== null;
