import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type SavedQuery, savedQueries, useForgetQuery } from '../../api/exports';
import { Table } from '../../parts/Listing';
import { exportsPage as words } from '../../strings/en/decide';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Confirm } from '../../ui/Dialog';
import { Empty, Failed } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { viewLink } from './links';
import { Plan } from './Plan';

/** Views that one keeps, and those that others share. */
export function Kept() {
  const query = useQuery(savedQueries());
  const content = () => {
    if (query.isError)
      return <Failed what={words.viewsFailed} error={query.error} retry={() => void query.refetch()} />;
    if (query.isPending) return <Skeleton lines={3} label={words.viewsLoading} />;
    if (query.data.length === 0)
      return (
        <Empty
          title={words.noViews}
          action={
            <Link className="btn" to="/hosts">
              {words.lists.hosts}
            </Link>
          }
        >
          {words.noViewsWhy}
        </Empty>
      );
    return (
      <Table label={words.viewsTitle} head={words.viewsHead}>
        {query.data.map((kept) => (
          <Row key={kept.id} kept={kept} />
        ))}
      </Table>
    );
  };
  return (
    <Card title={words.viewsTitle} flush>
      {content()}
    </Card>
  );
}

function Row({ kept }: { kept: SavedQuery }) {
  const [asked, setAsked] = useState<'plan' | 'forget' | null>(null);
  const forget = useForgetQuery();
  const link = viewLink(kept);
  const filters = Object.entries(kept.filters as Record<string, string>);
  const close = () => setAsked(null);
  return (
    <tr>
      <td className="subject">
        {link ? (
          <Link className="name" {...link}>
            {kept.name}
          </Link>
        ) : (
          <span className="strong">{kept.name}</span>
        )}
      </td>
      <td className="nowrap">{words.lists[kept.list]}</td>
      <td className="subject">
        {filters.length === 0 ? (
          <span className="muted">{words.everything}</span>
        ) : (
          <code className="mono">{filters.map(([name, value]) => `${name}=${value}`).join(' ')}</code>
        )}
      </td>
      <td className="nowrap">
        {kept.own ? words.you : kept.owner}
        <div className="muted">{kept.shared ? words.shared : words.personal}</div>
      </td>
      <td>
        <span className="row-deeds">
          <Button look="ghost" onClick={() => setAsked('plan')}>
            {words.schedule}
            <span className="sr"> {kept.name}</span>
          </Button>
          {kept.own && (
            <Button look="ghost" onClick={() => setAsked('forget')}>
              {words.remove}
              <span className="sr"> {kept.name}</span>
            </Button>
          )}
        </span>
        {asked === 'plan' && <Plan kept={kept} onClose={close} />}
        <Confirm
          opened={asked === 'forget'}
          title={words.forget.title(kept.name)}
          action={words.forget.send}
          busy={forget.isPending}
          error={forget.error}
          onConfirm={() => forget.mutate(kept.id)}
          onClose={close}
        >
          <p>{words.forget.what}</p>
        </Confirm>
      </td>
    </tr>
  );
}
