import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { Button } from './Button';

const CONFIRMED_FOR_MS = 2_000;

/** One line to take elsewhere. Where the clipboard is closed to us, the line is selected instead. */
export function CopyLine({ text, label }: { text: string; label: string }) {
  const [outcome, setOutcome] = useState<'idle' | 'copied' | 'selected'>('idle');
  const code = useRef<HTMLElement>(null);

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
      if (code.current) getSelection()?.selectAllChildren(code.current);
      setOutcome('selected');
    }
  };

  return (
    <div className="copyline">
      <code ref={code} role="textbox" aria-readonly="true" aria-label={label} tabIndex={0}>
        {text}
      </code>
      <Button onClick={() => void copy()}>
        {outcome === 'copied' ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
        {outcome === 'copied' ? 'Copied' : 'Copy'}
      </Button>
      <span className="sr" role="status">
        {outcome === 'copied' && 'Copied to the clipboard'}
        {outcome === 'selected' &&
          'The clipboard is closed to this page. The line is selected: copy it with the keyboard.'}
      </span>
    </div>
  );
}
