import { render, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { Score } from './Score';
import { sparkPath } from './Sparkline';
import { StandingStatus, Verdict } from './Verdict';

describe('Score', () => {
  it('is not 0 where there is none', () => {
    render(<Score of={null} />);
    expect(screen.getByText('No score')).toBeVisible();
  });
});

describe('Verdict', () => {
  it('shows what it does not know as it is, never as a pass', () => {
    const { container } = render(<Verdict status="mended" />);
    expect(screen.getByText('mended')).toBeVisible();
    expect(container.querySelector('[data-tone=pass]')).toBeNull();
  });
});

it('has a shape of its own for each way a host stands', () => {
  const shapes = (['failing', 'warning', 'waived', 'silent', 'unknown', 'passing'] as const).map(
    (of) => render(<StandingStatus of={of} />).container.querySelector('svg')?.innerHTML,
  );
  expect(new Set(shapes).size).toBe(6);
});

describe('sparkPath', () => {
  it('never joins over a gap', () => {
    const path = sparkPath([1, 2, null, 3, 4], 40, 20);
    expect(path.match(/M/g)).toHaveLength(2);
    expect(path.match(/L/g)).toHaveLength(2);
  });
  it('shows what stands alone', () => expect(sparkPath([null, 1, null], 40, 20)).toMatch(/^M\S+ \S+h1$/));
});
