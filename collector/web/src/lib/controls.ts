import type { Control } from '../api/catalogue';

/** How far rules decide a control: wholly, in part as evidence, not yet, or never. */
export type Coverage = 'covered' | 'evidence' | 'open' | 'manual';

export function coverageOf(control: Control): Coverage {
  if (control.covered) return 'covered';
  if (control.automated) return 'open';
  return control.rules.length > 0 ? 'evidence' : 'manual';
}

/** The controls that have each word somewhere, and are covered so. */
export function matchingControls(
  controls: readonly Control[],
  query: string,
  show: 'covered' | 'open' | undefined,
): readonly Control[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return controls.filter((control) => {
    if (show && coverageOf(control) !== show) return false;
    const text = [control.id, control.title ?? '', ...control.rules].join('\n').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
