/** How scores are written. */

/**
 * A score with one digit behind the point. Rounding never makes it whole: 100 is only what is nothing short of it,
 * and 0 only where nothing passes.
 */
export function scoreText(score: number): string {
  if (score >= 100) return '100';
  if (score <= 0) return '0';
  return Math.min(99.9, Math.max(0.1, Math.round(score * 10) / 10)).toFixed(1);
}

/** How many points one score is above another, as their texts say it: "+1.2", "−0.3", "±0". */
export function differenceText(now: number, before: number): string {
  const points = Math.round(now * 10) / 10 - Math.round(before * 10) / 10;
  const size = Math.abs(points).toFixed(1);
  if (size === '0.0') return '±0';
  return `${points > 0 ? '+' : '−'}${size}`;
}
