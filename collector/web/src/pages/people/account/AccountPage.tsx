import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type Account, people } from '../../../api/people';
import { accountsText, accountText, linkText } from '../../../strings/en/govern/people';
import { Anew } from '../../../ui/Anew';
import { Button } from '../../../ui/Button';
import { Card, Pair } from '../../../ui/Card';
import { NotLoaded } from '../../../ui/Listing';
import { Banner } from '../../../ui/Notice';
import { Page } from '../../../ui/Page';
import { Skeleton } from '../../../ui/Skeleton';
import { Ago, StampAgo } from '../../../ui/Time';
import { AccountStatus } from '../AccountStatus';
import { LinkOnce } from '../LinkOnce';
import { BindingsCard } from './BindingsCard';
import { DeedsCard, type Link as Issued } from './DeedsCard';
import { NameForm } from './NameForm';
import { SessionsCard } from './SessionsCard';

const route = getRouteApi('/signed-in/settings/accounts/$name');

/** One account: who it is, what it may do, where it is signed in, and what can be done about it. */
export function AccountPage() {
  const { name } = route.useParams();
  const query = useQuery(people.account(name));
  const [issued, setIssued] = useState<Issued | null>(null);
  const t = accountText;
  if (!query.data)
    return (
      <Page title={name}>
        <section className="card">
          {query.isError ? (
            <NotLoaded what={t.what} error={query.error} retry={query.refetch} />
          ) : (
            <Skeleton lines={10} />
          )}
        </section>
      </Page>
    );
  const account = query.data.value;
  return (
    <Page
      title={account.name}
      sub={
        <>
          <AccountStatus state={account.state} />
          {account.display_name && <span>{account.display_name}</span>}
        </>
      }
      actions={
        <Link className="btn" to="/settings/access" search={{ account: account.name }}>
          {t.access}
        </Link>
      }
    >
      {account.break_glass && <Banner tone="warn">{t.emergency}</Banner>}
      {issued && (
        <Card title={linkText.title[issued.kind]}>
          <div className="stack">
            <LinkOnce invitation={issued.invitation} />
            <div className="actions start">
              <Button onClick={() => setIssued(null)}>{accountsText.done}</Button>
            </div>
          </div>
        </Card>
      )}
      <div className="columns">
        <div className="stack">
          <BindingsCard account={account} />
          <SessionsCard name={account.name} />
        </div>
        <div className="stack">
          <About account={account} />
          <Anew version={query.data.tag}>
            <NameForm account={query.data} onReload={() => void query.refetch()} />
          </Anew>
          <DeedsCard account={query.data} onIssued={setIssued} />
        </div>
      </div>
    </Page>
  );
}

function About({ account }: { account: Account }) {
  const t = accountText;
  return (
    <Card title={t.about}>
      <dl className="pairs">
        <Pair name={t.ways}>{account.has_password ? t.password : t.noPassword}</Pair>
        {account.invited_until && (
          <Pair name={t.invitedUntil}>
            <StampAgo at={account.invited_until} />
          </Pair>
        )}
        <Pair name={t.lastSignIn}>
          {account.signed_in_at ? <StampAgo at={account.signed_in_at} /> : t.never}
        </Pair>
        {account.disabled_at && (
          <Pair name={t.locked}>
            <StampAgo at={account.disabled_at} />
          </Pair>
        )}
        <Pair name={t.made}>
          <Ago at={account.created_at} /> {t.by} {account.created_by}
        </Pair>
      </dl>
    </Card>
  );
}
