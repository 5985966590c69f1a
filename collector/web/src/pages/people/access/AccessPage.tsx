import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { people } from '../../../api/people';
import { queries } from '../../../api/queries';
import { ANSWERS } from '../../../lib/search/govern';
import { accessText } from '../../../strings/en/govern/people';
import { Button } from '../../../ui/Button';
import { FilterSelect, TextField } from '../../../ui/fields';
import { HostPick } from '../../../ui/HostPick';
import { NotLoaded } from '../../../ui/Listing';
import { Banner, Empty } from '../../../ui/Notice';
import { Page } from '../../../ui/Page';
import { Skeleton } from '../../../ui/Skeleton';
import { AccessTable } from './AccessTable';

const route = getRouteApi('/signed-in/settings/access');

/** What somebody may do, and through which binding. */
export function AccessPage() {
  const { account } = route.useSearch();
  const accounts = useInfiniteQuery(people.accounts());
  const t = accessText;
  if (accounts.isError)
    return (
      <Page title={t.title} sub={t.sub}>
        <section className="card" aria-label={t.title}>
          <NotLoaded what={t.accounts} error={accounts.error} retry={accounts.refetch} />
        </section>
      </Page>
    );
  return (
    <Page title={t.title} sub={t.sub}>
      <Asking key={account} />
      <section className="card" aria-label={t.title}>
        {account ? <Answer account={account} /> : <Empty title={t.choose}>{t.chooseWhy}</Empty>}
      </section>
    </Page>
  );
}

function Asking() {
  const view = route.useSearch();
  const setView = route.useNavigate();
  const [account, setAccount] = useState(view.account ?? '');
  const accounts = useInfiniteQuery(people.accounts());
  const host = useQuery({ ...queries.host(view.host ?? ''), enabled: view.host !== undefined });
  const t = accessText;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void setView({ search: (old) => ({ ...old, account: account.trim() || undefined }) });
  };
  return (
    <form className="card" aria-label={t.ask} onSubmit={submit}>
      <div className="body form">
        <TextField
          label={t.account}
          hint={t.accountHint}
          required
          maxLength={64}
          list="known-accounts"
          value={account}
          onChange={setAccount}
        />
        <datalist id="known-accounts">
          {accounts.data?.pages
            .flatMap((page) => page.items)
            .map(({ name }) => (
              <option key={name} value={name} />
            ))}
        </datalist>
        <HostPick
          label={t.host}
          hint={t.hostHint}
          value={view.host ? { id: view.host, hostname: host.data?.hostname ?? view.host } : null}
          onPick={(picked) => void setView({ search: (old) => ({ ...old, host: picked?.id }) })}
        />
        <div className="submit">
          <Button type="submit" look="primary">
            {t.show}
          </Button>
        </div>
      </div>
    </form>
  );
}

function Answer({ account }: { account: string }) {
  const { host, answer } = route.useSearch();
  const setView = route.useNavigate();
  const query = useQuery(people.access(account, host));
  const t = accessText;
  if (query.isError)
    return <NotLoaded what={t.account.toLowerCase()} error={query.error} retry={query.refetch} />;
  if (query.isPending) return <Skeleton lines={12} />;
  const { permissions, locked } = query.data;
  const allowed = permissions.filter((each) => each.allowed).length;
  const shown = permissions.filter((each) => answer === undefined || each.allowed === (answer === 'allowed'));
  return (
    <>
      <header>
        <h2>{query.data.host ? t.onHost(account, query.data.host.hostname) : t.atAll(account)}</h2>
        <span className="muted num" role="status">
          {t.counted(allowed, permissions.length)}
        </span>
        <div className="actions">
          <FilterSelect
            label={t.filter}
            value={answer ?? ''}
            options={[
              { value: '', label: t.all },
              { value: 'allowed', label: t.allowed },
              { value: 'denied', label: t.denied },
            ]}
            onChange={(chosen) =>
              void setView({
                search: (old) => ({ ...old, answer: ANSWERS.find((known) => known === chosen) }),
              })
            }
          />
        </div>
      </header>
      {locked && (
        <div className="note">
          <Banner tone="warn">{t.locked}</Banner>
        </div>
      )}
      {shown.length === 0 ? (
        <Empty
          title={t.noMatch}
          action={
            <Button onClick={() => void setView({ search: (old) => ({ ...old, answer: undefined }) })}>
              {t.all}
            </Button>
          }
        />
      ) : (
        <AccessTable permissions={shown} />
      )}
    </>
  );
}
