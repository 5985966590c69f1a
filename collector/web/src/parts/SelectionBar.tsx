import type { ReactNode } from 'react';
import { selection } from '../strings/en/decide';
import { Button } from '../ui/Button';

type Props = {
  count: number;
  /** How it is said, when not by the number. */
  words?: string;
  onClear: () => void;
  children: ReactNode;
};

/** How many are chosen, and what can be done with them. It is there as soon as one is. */
export function SelectionBar({ count, words = selection.count(count), onClear, children }: Props) {
  return (
    <div className="selection" data-empty={count === 0 || undefined}>
      <span className="strong num" role="status">
        {count > 0 && words}
      </span>
      {count > 0 && (
        <>
          {children}
          <span className="grow" />
          <Button look="ghost" onClick={onClear}>
            {selection.clear}
          </Button>
        </>
      )}
    </div>
  );
}
