import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { groups } from '../../api/groups';
import { errorsText } from '../../strings/en/govern/groups';
import { Card } from '../../ui/Card';
import { Listing } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';

/** The hosts on which the expression of a group comes to nothing. */
export function ErrorsCard({ id }: { id: string }) {
  const list = useInfiniteQuery(groups.errors(id));
  const t = errorsText;
  return (
    <Card title={t.title} flush>
      <Listing
        what={t.what}
        query={list}
        items={list.data?.pages.flatMap((page) => page.items) ?? []}
        head={[t.host, t.why]}
        row={(host) => (
          <tr key={host.id}>
            <td>
              <Link className="name" to="/hosts/$id" params={{ id: host.id }}>
                {host.hostname}
              </Link>
            </td>
            <td>{host.error}</td>
          </tr>
        )}
        empty={<Empty title={t.none} />}
      />
    </Card>
  );
}
