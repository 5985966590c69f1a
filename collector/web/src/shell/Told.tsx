import { IconCheck, IconX } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Notification } from '../api/client';
import { useLookedAt } from '../api/mutations';
import { queries } from '../api/queries';
import { alertTypeText, toldText } from '../strings/en';
import { Button } from '../ui/Button';
import { Drawer } from '../ui/Drawer';
import { Empty, Failed } from '../ui/Notice';
import { Severity } from '../ui/Severity';
import { Skeleton } from '../ui/Skeleton';
import { Ago } from '../ui/Time';

type Props = {
  opened: boolean;
  onClose: () => void;
  /** Closed by going to another page. */
  onLeave: () => void;
};

/** What one was told, what was told last first. */
export function Told({ opened, onClose, onLeave }: Props) {
  const list = useInfiniteQuery({ ...queries.notifications(), enabled: opened });
  const looked = useLookedAt();
  const told = list.data?.pages.flatMap((page) => page.items) ?? [];
  const unread = list.data?.pages[0]?.unread ?? 0;
  const newest = told[0];

  const content = () => {
    if (list.isError)
      return (
        <Failed what="Your notifications did not load" error={list.error} retry={() => void list.refetch()} />
      );
    if (list.isPending) return <Skeleton lines={8} label="Loading notifications" />;
    if (told.length === 0)
      return (
        <Empty title="Nothing yet">What alerts have to tell of the hosts that you see comes here.</Empty>
      );
    return (
      <>
        <ul className="told" aria-label="Notifications">
          {told.map((one) => (
            <Entry
              key={one.id}
              one={one}
              busy={looked.isPending}
              onRead={() => looked.mutate({ id: one.id })}
              onOpen={() => {
                if (one.read_at === null) looked.mutate({ id: one.id });
                onLeave();
              }}
            />
          ))}
        </ul>
        {list.hasNextPage && (
          <div className="more">
            <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              Show older ones
            </Button>
          </div>
        )}
      </>
    );
  };

  return (
    <Drawer opened={opened} label="Notifications" onClose={onClose}>
      <div className="told-head">
        <h2 className="grow">Notifications</h2>
        {newest && unread > 0 && (
          <Button busy={looked.isPending} onClick={() => looked.mutate({ until: newest.told_at })}>
            Mark all read
          </Button>
        )}
        <Button look="ghost" square aria-label="Close notifications" onClick={onClose} data-autofocus>
          <IconX size={18} aria-hidden />
        </Button>
      </div>
      {looked.error && (
        <p className="error" role="alert">
          {looked.error.message}
        </p>
      )}
      {content()}
    </Drawer>
  );
}

type EntryProps = { one: Notification; busy: boolean; onRead: () => void; onOpen: () => void };

function Entry({ one, busy, onRead, onOpen }: EntryProps) {
  const isUnread = one.read_at === null;
  return (
    <li data-unread={isUnread || undefined}>
      <div className="grow">
        {one.alert === null ? (
          <span className="name">{one.title}</span>
        ) : (
          <Link className="name" to="/alerts/$id" params={{ id: one.alert }} onClick={onOpen}>
            {one.title}
          </Link>
        )}
        {isUnread && <span className="sr"> (unread)</span>}
        <div className="what">
          <Severity level={one.severity} />
          <span>{alertTypeText(one.alert_type)}</span>
          <span>
            {toldText[one.what]}
            {one.count > 1 && <span className="num"> · told {one.count} times</span>}
          </span>
          <Ago at={one.told_at} />
        </div>
      </div>
      {isUnread && (
        <Button look="ghost" square busy={busy} aria-label={`Mark as read: ${one.title}`} onClick={onRead}>
          <IconCheck size={16} aria-hidden />
        </Button>
      )}
    </li>
  );
}
