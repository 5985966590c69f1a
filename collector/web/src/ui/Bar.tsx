import type { Tone } from './Shape';

/** Hosts that stand alike. `rest` is drawn as the bar's own ground. */
export type Part = { name: string; count: number; tone: Tone | 'accent' | 'rest' };

/** Shares of a whole, each with its number and its name below: the colours only repeat them. */
export function Bar({ label, parts }: { label: string; parts: Part[] }) {
  const shown = parts.filter((part) => part.count > 0);
  return (
    <div className="shares">
      <div className="bar" aria-hidden="true">
        {shown.map((part) => (
          <i key={part.name} data-fill={part.tone} style={{ flexGrow: part.count }} />
        ))}
      </div>
      <ul className="legend" aria-label={label}>
        {shown.map((part) => (
          <li key={part.name}>
            <i data-fill={part.tone} aria-hidden="true" />
            <b className="num">{part.count.toLocaleString('en')}</b> {part.name}
          </li>
        ))}
      </ul>
    </div>
  );
}
