import type { ReactNode } from 'react';

export type Tone = 'pass' | 'warn' | 'fail' | 'stale' | 'unknown' | 'exception';

const OUTLINES: Record<Tone, ReactNode> = {
  pass: (
    <>
      <circle cx="6" cy="6" r="5" />
      <path d="M3.8 6.2l1.5 1.5 2.9-3.2" />
    </>
  ),
  warn: (
    <>
      <path d="M6 1.2l5 9.3H1z" />
      <path d="M6 5v2.2M6 8.9v.01" />
    </>
  ),
  fail: (
    <>
      <path d="M4 1h4l3 3v4l-3 3H4L1 8V4z" />
      <path d="M4.4 4.4l3.2 3.2M7.6 4.4L4.4 7.6" />
    </>
  ),
  stale: <circle cx="6" cy="6" r="5" strokeDasharray="2.2 1.6" />,
  exception: (
    <>
      <path d="M6 1l4.5 1.6v3.2c0 2.6-1.9 4.4-4.5 5.3C3.4 10.2 1.5 8.4 1.5 5.8V2.6z" />
      <path d="M4 6h4" />
    </>
  ),
  unknown: <rect x="1.5" y="1.5" width="9" height="9" rx="2" />,
};

/** Colour is never alone: each tone has an outline of its own, for those who do not see the colour. */
export function Shape({ tone, size = 12 }: { tone: Tone; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 12 12"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {OUTLINES[tone]}
    </svg>
  );
}
