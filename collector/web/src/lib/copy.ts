import { type RefObject, useEffect, useState } from 'react';

const CONFIRMED_FOR_MS = 2_000;

export type Copied = 'idle' | 'copied' | 'selected';

/** Copies a text. Where the clipboard is closed to us, what shows the text is selected instead. */
export function useCopy(text: string, shown: RefObject<HTMLElement | null>): [Copied, () => Promise<void>] {
  const [outcome, setOutcome] = useState<Copied>('idle');

  useEffect(() => {
    if (outcome !== 'copied') return;
    const timer = setTimeout(() => setOutcome('idle'), CONFIRMED_FOR_MS);
    return () => clearTimeout(timer);
  }, [outcome]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome('copied');
    } catch {
      if (shown.current) getSelection()?.selectAllChildren(shown.current);
      setOutcome('selected');
    }
  };
  return [outcome, copy];
}
