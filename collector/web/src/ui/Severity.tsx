import type { Severity as Level } from '../api/client';
import { severityWord } from '../strings/en';

const BARS: Record<Level, number> = { info: 0, low: 1, medium: 2, high: 3, critical: 4 };

/** How serious something is: rising bars and a word. Only what is critical has a colour. */
export function Severity({ level }: { level: Level }) {
  return (
    <span className="severity" data-level={level}>
      <svg width="14" height="12" viewBox="0 0 14 12" aria-hidden="true">
        {[0, 1, 2, 3].map((bar) => (
          <rect
            key={bar}
            x={bar * 3.5 + 0.5}
            y={8 - bar * 2.5}
            width="2.5"
            height={4 + bar * 2.5}
            rx="0.5"
            data-on={bar < BARS[level] || undefined}
          />
        ))}
      </svg>
      {severityWord[level]}
    </span>
  );
}
