import { type ReactNode, useCallback, useState } from 'react';
import { Problem } from '../api/problem';
import { type Prove, ProveContext } from '../lib/proof';
import { ProofDialog } from './ProofDialog';

type Waiting = { go: () => void; leave: () => void };

/** What is dangerous is refused to who has not shown lately that it is them: then they are asked, and it is done. */
export function Proof({ children }: { children: ReactNode }) {
  const [waiting, setWaiting] = useState<Waiting | null>(null);

  const prove: Prove = useCallback(async (act) => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'proof_needed') throw error;
      await new Promise<void>((go, leave) => setWaiting({ go, leave: () => leave(error) }));
      return act();
    }
  }, []);

  const close = (proved: boolean) => {
    if (proved) waiting?.go();
    else waiting?.leave();
    setWaiting(null);
  };
  return (
    <ProveContext value={prove}>
      {children}
      <ProofDialog opened={waiting !== null} onProved={() => close(true)} onClose={() => close(false)} />
    </ProveContext>
  );
}
