import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { Failed } from '../ui/Notice';

/** The whole page failed: the collector did not say who is signed in, or a page threw. */
export function Broken({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <main className="alone">
      <Failed
        what="The console did not load"
        error={error instanceof Error ? error : new Error(String(error))}
        retry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </main>
  );
}
