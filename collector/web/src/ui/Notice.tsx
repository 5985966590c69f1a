import type { ReactNode } from 'react';
import { Problem } from '../api/problem';
import { listText } from '../strings/en/govern/common';
import { Button } from './Button';
import { Shape, type Tone } from './Shape';

/** What stands where content would: nothing yet, nothing matches, not found. */
export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children && <div className="prose">{children}</div>}
      {action}
    </div>
  );
}

/** Something did not load: what, why, and another try, where that may help. */
export function Failed({ what, error, retry }: { what: string; error: Error; retry: () => void }) {
  const code = error instanceof Problem ? error.code : undefined;
  // Another try brings back nothing that was let go.
  if (code === 'past_gone') return <Empty title="Nothing is kept of that time">{error.message}</Empty>;
  // Nor does it give one a permission.
  if (code === 'forbidden') return <Empty title={listText.denied}>{listText.deniedWhy(error.message)}</Empty>;
  return (
    <div className="empty" role="alert">
      <Shape tone="fail" size={24} />
      <h2>{what}</h2>
      <p className="prose">{error.message}</p>
      {code && <code className="mono muted">{code}</code>}
      <Button onClick={retry}>Try again</Button>
    </div>
  );
}

/** A line across the content that says how to read it. */
export function Banner({ tone, children, action }: { tone: Tone; children: ReactNode; action?: ReactNode }) {
  return (
    <div className="banner" data-tone={tone}>
      <Shape tone={tone} size={16} />
      <div className="grow">{children}</div>
      {action}
    </div>
  );
}
