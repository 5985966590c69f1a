type Props = {
  values: readonly (number | null)[];
  /** What it shows, with its lowest, highest and last value: for who does not see it. */
  label: string;
  height?: number;
};

const WIDTH = 300;

/** A line on its own scale; where nothing is known it has a gap. */
export function Sparkline({ values, label, height = 56 }: Props) {
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${WIDTH} ${height}`}
      height={height}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path d={sparkPath(values, WIDTH, height)} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

/** The path through the values. A gap begins another stroke; what stands alone between gaps is a short one. */
export function sparkPath(values: readonly (number | null)[], width: number, height: number): string {
  const known = values.filter((value) => value !== null);
  const low = Math.min(...known);
  const spread = Math.max(...known) - low || 1;
  const step = width / Math.max(1, values.length - 1);
  return values
    .map((value, index) => {
      if (value === null) return '';
      const at = `${(index * step).toFixed(1)} ${(height - 2 - ((value - low) / spread) * (height - 4)).toFixed(1)}`;
      const before = values[index - 1] ?? null;
      const after = values[index + 1] ?? null;
      if (before !== null) return `L${at}`;
      return after === null ? `M${at}h1` : `M${at}`;
    })
    .join('');
}
