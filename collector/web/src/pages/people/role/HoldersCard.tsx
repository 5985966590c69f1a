import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { people } from '../../../api/people';
import { bindingsText, roleText } from '../../../strings/en/govern/people';
import { Card } from '../../../ui/Card';
import { Listing } from '../../../ui/Listing';
import { Empty } from '../../../ui/Notice';

/** The accounts that have a role. The API lists accounts, so it is those of the pages that were read. */
export function HoldersCard({ role }: { role: string }) {
  const list = useInfiniteQuery(people.accounts());
  const accounts = list.data?.pages.flatMap((page) => page.items) ?? [];
  const holders = accounts.flatMap(({ name, bindings }) =>
    bindings.filter((binding) => binding.role === role).map((binding) => ({ name, binding })),
  );
  const t = roleText;
  return (
    <Card title={t.holders} flush>
      {holders.length === 0 && list.hasNextPage && <p className="note">{t.nobodyYet}</p>}
      <Listing
        what={t.whatHolders}
        query={list}
        items={holders}
        head={[t.account, t.scope]}
        row={({ name, binding }) => (
          <tr key={binding.id}>
            <td>
              <Link className="name" to="/settings/accounts/$name" params={{ name }}>
                {name}
              </Link>
            </td>
            <td>{binding.group?.name ?? bindingsText.everything}</td>
          </tr>
        )}
        empty={<Empty title={t.nobody} />}
      />
    </Card>
  );
}
