import { IconX } from '@tabler/icons-react';
import { lists } from '../strings/en/decide';

export type Chip = { id: string; name: string; value: string; onRemove: () => void };

/** Which filters are set, each with a button that takes it away. */
export function Chips({ chips, onClear }: { chips: readonly Chip[]; onClear: () => void }) {
  if (chips.length === 0) return null;
  return (
    <ul className="chips" aria-label={lists.filters}>
      {chips.map((chip) => (
        <li key={chip.id} className="chip">
          <span className="muted">{chip.name}</span>
          <b className="clip" title={chip.value}>
            {chip.value}
          </b>
          <button type="button" aria-label={lists.remove(chip.name, chip.value)} onClick={chip.onRemove}>
            <IconX size={14} aria-hidden />
          </button>
        </li>
      ))}
      <li>
        <button type="button" className="linkish" onClick={onClear}>
          {lists.clearAll}
        </button>
      </li>
    </ul>
  );
}
