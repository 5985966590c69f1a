import { useInfiniteQuery } from '@tanstack/react-query';
import type { RolloutEvent } from '../../api/client';
import { queries } from '../../api/queries';
import { rolloutEventText } from '../../strings/en';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Failed } from '../../ui/Notice';
import { Shape } from '../../ui/Shape';
import { Skeleton } from '../../ui/Skeleton';
import { Stamp } from '../../ui/Time';

/** What happened, from the beginning on. */
export function Story({ id }: { id: string }) {
  const list = useInfiniteQuery(queries.rolloutEvents(id));
  const events = list.data?.pages.flatMap((page) => page.items) ?? [];
  const content = () => {
    if (list.isError)
      return <Failed what="The events did not load" error={list.error} retry={() => void list.refetch()} />;
    if (list.isPending) return <Skeleton lines={6} label="Loading events" />;
    return (
      <>
        <ol className="story">
          {events.map((event, index) => (
            // Events are never changed, and only follow one another.
            // biome-ignore lint/suspicious/noArrayIndexKey: the place is the identity
            <Event key={index} event={event} />
          ))}
        </ol>
        {list.hasNextPage && (
          <div className="more">
            <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              Show what followed
            </Button>
          </div>
        )}
      </>
    );
  };
  return (
    <Card title="What happened" flush>
      {content()}
    </Card>
  );
}

function Event({ event }: { event: RolloutEvent }) {
  return (
    <li data-alert={event.alert || undefined}>
      <div className="when">
        <Stamp at={event.at} />
        <span className="muted"> by {event.by}</span>
      </div>
      <div className="strong">
        {event.alert && <Shape tone="fail" size={14} />}
        {rolloutEventText(event.what)}
        {event.ring && <span className="muted"> · ring {event.ring}</span>}
        {event.alert && <span className="sr"> (somebody should look)</span>}
      </div>
      {event.detail && <p className="why">{event.detail}</p>}
    </li>
  );
}
