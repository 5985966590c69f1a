import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Rollout } from '../../api/client';
import { queries } from '../../api/queries';
import { Button } from '../../ui/Button';
import { Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { RolloutStatus } from '../../ui/Status';
import { Ago } from '../../ui/Time';

/** How bundles came to the fleet, the newest first. */
export function RolloutsPage() {
  const list = useInfiniteQuery(queries.rollouts());
  const rollouts = list.data?.pages.flatMap((page) => page.items) ?? [];

  const content = () => {
    if (list.isError)
      return <Failed what="The rollouts did not load" error={list.error} retry={() => void list.refetch()} />;
    if (list.isPending) return <Skeleton lines={6} label="Loading rollouts" />;
    if (rollouts.length === 0)
      return (
        <Empty title="Nothing was rolled out yet">
          A bundle that is published goes out with <code className="mono">owadm rollout</code>, ring by ring,
          and is followed here.
        </Empty>
      );
    return (
      <>
        <section className="scroll" aria-label="List of rollouts" tabIndex={0}>
          <table className="plain">
            <thead>
              <tr>
                <th>Bundle</th>
                <th>State</th>
                <th>Ring</th>
                <th>Since</th>
                <th>Begun</th>
              </tr>
            </thead>
            <tbody>
              {rollouts.map((rollout) => (
                <Row key={rollout.id} rollout={rollout} />
              ))}
            </tbody>
          </table>
        </section>
        {list.hasNextPage && (
          <div className="more">
            <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              Show older rollouts
            </Button>
          </div>
        )}
      </>
    );
  };

  return (
    <Page title="Rollouts" sub="A bundle goes out in rings, and halts by itself when one does not do well">
      <section className="card" aria-label="Rollouts">
        {content()}
      </section>
    </Page>
  );
}

function Row({ rollout }: { rollout: Rollout }) {
  const place = rollout.plan.rings.findIndex((ring) => ring.name === rollout.ring) + 1;
  return (
    <tr>
      <td className="nowrap">
        <Link className="name" to="/rollouts/$id" params={{ id: rollout.id }}>
          {rollout.serial}
        </Link>
        {rollout.before !== null && <span className="muted"> after {rollout.before}</span>}
      </td>
      <td>
        <RolloutStatus state={rollout.state} />
      </td>
      <td className="nowrap">
        {rollout.ring}{' '}
        <span className="muted num">
          ({place} of {rollout.plan.rings.length})
        </span>
      </td>
      <td>
        <Ago at={rollout.ring_since} />
      </td>
      <td className="nowrap">
        <Ago at={rollout.created_at} /> by {rollout.created_by}
      </td>
    </tr>
  );
}
