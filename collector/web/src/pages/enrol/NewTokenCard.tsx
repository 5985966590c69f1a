import { useEffect, useRef } from 'react';
import type { IssuedToken } from '../../api/client';
import { Button } from '../../ui/Button';
import { CopyLine } from '../../ui/CopyLine';
import { Stamp } from '../../ui/Time';

/** The token's only appearance: the collector keeps a hash of it, so it cannot be shown again. */
export function NewTokenCard({ token, onDone }: { token: IssuedToken; onDone: () => void }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  const hosts = token.max_uses === 1 ? 'one host' : `${token.max_uses.toLocaleString('en')} hosts`;
  return (
    <section className="card" aria-labelledby="created-token">
      <header>
        <h2 id="created-token" ref={title} tabIndex={-1}>
          Token “{token.name}” is ready
        </h2>
      </header>
      <div className="body stack">
        <p>Run this as root on each host where the agent is installed:</p>
        <CopyLine text={token.command} label="Enrolment command" />
        <p className="muted">
          Good for {hosts} in group {token.group}, until <Stamp at={token.expires_at} />. Copy it now: it
          cannot be shown again.
        </p>
        <div className="actions start">
          <Button onClick={onDone}>Done</Button>
        </div>
      </div>
    </section>
  );
}
