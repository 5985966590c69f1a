import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type ApiToken, apiTokens, useEndToken } from '../../api/tokens';
import { listText } from '../../strings/en/govern/common';
import { apiTokenState, tokensText } from '../../strings/en/govern/tokens';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Dialog';
import { Listing } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';
import type { Tone } from '../../ui/Shape';
import { Status } from '../../ui/Status';
import { Ago, Stamp } from '../../ui/Time';

const TONES: Record<ApiToken['state'], Tone> = {
  active: 'pass',
  expired: 'stale',
  revoked: 'stale',
  replaced: 'unknown',
};

type Props = {
  whose: 'own' | 'all';
  /** Whether who looks may end them. */
  ends: boolean;
  onRotate?: (token: ApiToken) => void;
};

/** Tokens with what they give and how they stand; never their text. */
export function TokenTable({ whose, ends, onRotate }: Props) {
  const list = useInfiniteQuery(apiTokens[whose]());
  const [ending, setEnding] = useState<ApiToken | null>(null);
  const end = useEndToken(whose);
  const tokens = list.data?.pages.flatMap((page) => page.items) ?? [];
  const t = tokensText;
  const close = () => {
    setEnding(null);
    end.reset();
  };
  return (
    <section className="card" aria-label={t[whose].title}>
      <Listing
        what={t[whose].what}
        query={list}
        items={tokens}
        lines={4}
        head={[
          t.name,
          ...(whose === 'all' ? [t.account] : []),
          t.state,
          t.gives,
          t.scope,
          t.used,
          t.ends,
          { label: listText.actions, hidden: true },
        ]}
        row={(token) => (
          <tr key={token.id}>
            <td>
              <span className="strong">{token.name}</span>
              <div className="muted nowrap">
                {t.made} <Ago at={token.created_at} />
              </div>
            </td>
            {whose === 'all' && (
              <td>
                <Link to="/settings/accounts/$name" params={{ name: token.account }}>
                  {token.account}
                </Link>
              </td>
            )}
            <td>
              <Status
                tone={TONES[token.state]}
                word={apiTokenState[token.state].word}
                meaning={apiTokenState[token.state].meaning}
              />
            </td>
            <td title={token.permissions.join(', ')}>
              <details>
                <summary className="nowrap num">{t.permissions(token.permissions.length)}</summary>
                <code className="mono">{token.permissions.join(' ')}</code>
              </details>
            </td>
            <td>{token.groups === null ? t.allSeen : token.groups.map(({ name }) => name).join(', ')}</td>
            <td>{token.used_at ? <Ago at={token.used_at} /> : <span className="muted">{t.never}</span>}</td>
            <td>
              <Stamp at={token.revoked_at ?? token.expires_at} />
            </td>
            <td className="right nowrap">
              {token.state === 'active' && (
                <>
                  {onRotate && (
                    <Button aria-label={t.rotateLabel(token.name)} onClick={() => onRotate(token)}>
                      {t.rotate}
                    </Button>
                  )}{' '}
                  {ends && (
                    <Button
                      look="danger"
                      aria-label={t.endLabel(token.name)}
                      onClick={() => setEnding(token)}
                    >
                      {t.end}
                    </Button>
                  )}
                </>
              )}
            </td>
          </tr>
        )}
        empty={<Empty title={t[whose].none}>{t[whose].noneWhy}</Empty>}
      />
      <Confirm
        opened={ending !== null}
        title={t.endAsk(ending?.name ?? '')}
        action={t.endAction}
        busy={end.isPending}
        error={end.error}
        onConfirm={() => ending && end.mutate(ending.id, { onSuccess: close })}
        onClose={close}
      >
        <p>{t.endWhat}</p>
      </Confirm>
    </section>
  );
}
