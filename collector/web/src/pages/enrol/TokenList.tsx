import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Token } from '../../api/client';
import { useRevokeToken } from '../../api/mutations';
import { queries } from '../../api/queries';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Dialog';
import { Empty, Failed } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { TokenStatus } from '../../ui/Status';
import { Ago, Stamp } from '../../ui/Time';

export function TokenList() {
  const list = useInfiniteQuery(queries.tokens());
  const [revoking, setRevoking] = useState<Token | null>(null);
  const tokens = list.data?.pages.flatMap((page) => page.items) ?? [];

  const content = () => {
    if (list.isError) {
      return <Failed what="The tokens did not load" error={list.error} retry={() => void list.refetch()} />;
    }
    if (list.isPending) return <Skeleton lines={4} label="Loading tokens" />;
    if (tokens.length === 0)
      return <Empty title="No tokens yet">Those you create show here, with how often each was used.</Empty>;
    return (
      <>
        <section className="scroll" aria-label="List of tokens" tabIndex={0}>
          <table className="plain">
            <thead>
              <tr>
                <th>Name</th>
                <th>State</th>
                <th>Group</th>
                <th className="right">Used</th>
                <th>Created</th>
                <th>Ends</th>
                <th>
                  <span className="sr">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {tokens.map((token) => (
                <TokenRow key={token.id} token={token} onRevoke={() => setRevoking(token)} />
              ))}
            </tbody>
          </table>
        </section>
        {list.hasNextPage && (
          <div className="more">
            <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              Show older tokens
            </Button>
          </div>
        )}
      </>
    );
  };

  return (
    <section className="card" aria-labelledby="tokens-title">
      <header>
        <h2 id="tokens-title">Tokens</h2>
      </header>
      {content()}
      <RevokeToken token={revoking} onClose={() => setRevoking(null)} />
    </section>
  );
}

function TokenRow({ token, onRevoke }: { token: Token; onRevoke: () => void }) {
  return (
    <tr>
      <td className="strong">{token.name}</td>
      <td>
        <TokenStatus state={token.state} />
      </td>
      <td>{token.group}</td>
      <td className="right num nowrap">
        {token.uses.toLocaleString('en')} of {token.max_uses.toLocaleString('en')}
      </td>
      <td className="nowrap">
        <Ago at={token.created_at} /> by {token.created_by}
      </td>
      <td>
        <Stamp at={token.revoked_at ?? token.expires_at} />
      </td>
      <td className="right">
        {token.state === 'active' && (
          <Button aria-label={`Revoke token ${token.name}`} onClick={onRevoke}>
            Revoke
          </Button>
        )}
      </td>
    </tr>
  );
}

function RevokeToken({ token, onClose }: { token: Token | null; onClose: () => void }) {
  const revoke = useRevokeToken();
  const close = () => {
    revoke.reset();
    onClose();
  };
  return (
    <Confirm
      opened={token !== null}
      title={`Revoke token “${token?.name}”?`}
      action="Revoke token"
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => token && revoke.mutate(token.id, { onSuccess: close })}
      onClose={close}
    >
      <p>No further host can join with it. Hosts that have joined stay.</p>
    </Confirm>
  );
}
