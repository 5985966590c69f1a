import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Bundle } from '../../api/client';
import { queries } from '../../api/queries';
import { useNow } from '../../lib/now';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Empty, Failed } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { Status } from '../../ui/Status';
import { Ago, Stamp } from '../../ui/Time';

/** What is published here, the newest first. */
export function Bundles({ chosen }: { chosen: number | undefined }) {
  const list = useInfiniteQuery(queries.bundles());
  const bundles = list.data?.pages.flatMap((page) => page.items) ?? [];

  const content = () => {
    if (list.isError)
      return <Failed what="The bundles did not load" error={list.error} retry={() => void list.refetch()} />;
    if (list.isPending) return <Skeleton lines={4} label="Loading bundles" />;
    if (bundles.length === 0)
      return (
        <Empty title="No bundle is published here">
          A publisher signs one, and <code className="mono">owadm bundle publish</code> brings it here. Until
          then hosts follow the rules that were installed with their agents.
        </Empty>
      );
    return (
      <>
        <section className="scroll" aria-label="List of bundles" tabIndex={0}>
          <table className="plain">
            <thead>
              <tr>
                <th>Bundle</th>
                <th>Created</th>
                <th>Expires</th>
                <th>Published</th>
                <th>Note</th>
                <th className="right">Hosts</th>
              </tr>
            </thead>
            <tbody>
              {bundles.map((bundle) => (
                <Row key={bundle.serial} bundle={bundle} chosen={bundle.serial === chosen} />
              ))}
            </tbody>
          </table>
        </section>
        {list.hasNextPage && (
          <div className="more">
            <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              Show older bundles
            </Button>
          </div>
        )}
      </>
    );
  };

  return (
    <Card title="Published bundles" flush>
      {content()}
    </Card>
  );
}

function Row({ bundle, chosen }: { bundle: Bundle; chosen: boolean }) {
  const expired = Date.parse(bundle.expires) <= useNow();
  return (
    <tr aria-current={chosen || undefined}>
      <td className="nowrap">
        <Link className="name" to="/content" search={{ bundle: bundle.serial }}>
          {bundle.serial}
        </Link>
      </td>
      <td>
        <Stamp at={bundle.created} />
      </td>
      <td className="nowrap">
        {expired ? <Status tone="fail" word="Expired" /> : <Ago at={bundle.expires} />}
      </td>
      <td className="nowrap">
        <Ago at={bundle.published_at} /> by {bundle.published_by}
      </td>
      <td>{bundle.note || <span className="muted">–</span>}</td>
      <td className="right num">{bundle.hosts.toLocaleString('en')}</td>
    </tr>
  );
}
