import { useState } from 'react';
import type { IssuedToken } from '../../api/client';
import { Page } from '../../ui/Page';
import { NewTokenCard } from './NewTokenCard';
import { TokenForm } from './TokenForm';
import { TokenList } from './TokenList';

/** How hosts join: a token, the line that uses it, and which tokens are out there. */
export function EnrolPage() {
  const [created, setCreated] = useState<IssuedToken | null>(null);
  return (
    <Page title="Enrol hosts" sub="A host joins with a token: one line that is run on it once, as root">
      {created ? (
        <NewTokenCard token={created} onDone={() => setCreated(null)} />
      ) : (
        <TokenForm onCreated={setCreated} />
      )}
      <TokenList />
    </Page>
  );
}
