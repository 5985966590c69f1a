import { useEffect, useRef } from 'react';
import { Button } from '../../ui/Button';
import { CopyLine } from '../../ui/CopyLine';

/** Backup codes' only appearance: the collector keeps hashes of them. */
export function NewCodesCard({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  return (
    <section className="card" aria-labelledby="new-codes">
      <header>
        <h2 id="new-codes" ref={title} tabIndex={-1}>
          Your backup codes
        </h2>
      </header>
      <div className="body stack">
        <p>
          Each lets you in once when you have lost the rest. Print them, or keep them with your passwords:
          they cannot be shown again.
        </p>
        <ol className="codes mono" aria-label="Backup codes">
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ol>
        <CopyLine text={codes.join(' ')} label="All backup codes in one line" />
        <div className="actions start">
          <Button look="primary" onClick={onDone}>
            I have kept them
          </Button>
        </div>
      </div>
    </section>
  );
}
