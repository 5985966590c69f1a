import type { ReactNode } from 'react';
import { Button } from './Button';

/** A list of names, each with what takes it away where one may. */
export function Chips({
  items,
  onRemove,
  label,
}: {
  label: string;
  items: readonly { id: string; name: ReactNode; remove?: string }[];
  onRemove?: (id: string) => void;
}) {
  return (
    <ul className="chips" aria-label={label}>
      {items.map((item) => (
        <li key={item.id}>
          {item.name}
          {onRemove && item.remove && (
            <Button look="ghost" square aria-label={item.remove} onClick={() => onRemove(item.id)}>
              ×
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}
