import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type Account, type Invitation, people } from '../../../api/people';
import { useMay } from '../../../lib/may';
import { accountsText } from '../../../strings/en/govern/people';
import { Button } from '../../../ui/Button';
import { Listing } from '../../../ui/Listing';
import { Empty } from '../../../ui/Notice';
import { Page } from '../../../ui/Page';
import { Ago } from '../../../ui/Time';
import { AccountStatus } from '../AccountStatus';
import { MadeAccountCard } from './MadeAccountCard';
import { NewAccountForm } from './NewAccountForm';

/** What came of making an account; what is shown once is here and nowhere else. */
export type Made = { name: string; password: string | null; invitation: Invitation | null };

/** Who can sign in. */
export function AccountsPage() {
  const may = useMay();
  const list = useInfiniteQuery(people.accounts());
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  const accounts = list.data?.pages.flatMap((page) => page.items) ?? [];
  const t = accountsText;
  return (
    <Page
      title={t.title}
      sub={t.sub}
      actions={
        may('accounts.write') &&
        !adding && (
          <Button look="primary" onClick={() => setAdding(true)}>
            {t.add}
          </Button>
        )
      }
    >
      {made && <MadeAccountCard made={made} onDone={() => setMade(null)} />}
      {adding && (
        <NewAccountForm
          onMade={(what) => {
            setMade(what);
            setAdding(false);
          }}
          onClose={() => setAdding(false)}
        />
      )}
      <section className="card" aria-label={t.title}>
        <Listing
          what={t.what}
          query={list}
          items={accounts}
          head={[t.name, t.person, t.state, t.roles, t.signedIn]}
          row={(account) => <Row key={account.name} account={account} />}
          empty={<Empty title={t.none}>{t.noneWhy}</Empty>}
        />
      </section>
    </Page>
  );
}

function Row({ account }: { account: Account }) {
  const t = accountsText;
  return (
    <tr>
      <td>
        <Link className="name" to="/settings/accounts/$name" params={{ name: account.name }}>
          {account.name}
        </Link>
        {account.break_glass && <div className="muted">{t.emergency}</div>}
      </td>
      <td>{account.display_name || <span className="muted">–</span>}</td>
      <td>
        <AccountStatus state={account.state} />
      </td>
      <td>
        {account.bindings.length === 0 ? (
          <span className="muted">{t.noRole}</span>
        ) : (
          account.bindings.map(({ role, group }) => t.roleIn(role, group?.name)).join(', ')
        )}
      </td>
      <td>
        {account.signed_in_at ? <Ago at={account.signed_in_at} /> : <span className="muted">{t.never}</span>}
      </td>
    </tr>
  );
}
