import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useRef } from 'react';
import { useCopy } from '../lib/copy';
import { Button } from './Button';

/** One line to take elsewhere. Where the clipboard is closed to us, the line is selected instead. */
export function CopyLine({ text, label }: { text: string; label: string }) {
  const code = useRef<HTMLElement>(null);
  const [outcome, copy] = useCopy(text, code);

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
