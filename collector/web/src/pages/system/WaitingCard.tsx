import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { telling } from '../../api/telling';
import { deliveriesText } from '../../strings/en/govern/channels';
import { systemText } from '../../strings/en/govern/system';
import { Card } from '../../ui/Card';
import { Listing } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';
import { Ago } from '../../ui/Time';

/** Notices that were announced and that their receivers have not taken yet. */
export function WaitingCard() {
  const list = useInfiniteQuery(
    telling.deliveries({ state: 'waiting', channel: undefined, since: undefined }),
  );
  const t = systemText;
  return (
    <Card title={t.deliveries} flush aside={<Link to="/settings/deliveries">{t.allDeliveries}</Link>}>
      <Listing
        what={t.deliveriesWhat}
        query={list}
        items={list.data?.pages.flatMap((page) => page.items) ?? []}
        lines={3}
        head={[
          deliveriesText.notice,
          deliveriesText.channel,
          { label: deliveriesText.attempts, right: true },
          deliveriesText.when,
        ]}
        row={(delivery) => (
          <tr key={delivery.id}>
            <td className="cut">
              <Link className="name" to="/settings/deliveries/$id" params={{ id: delivery.id }}>
                {delivery.title}
              </Link>
            </td>
            <td>{delivery.channel_name}</td>
            <td className="right num">{delivery.attempts.toLocaleString('en')}</td>
            <td>
              <Ago at={delivery.created_at} />
            </td>
          </tr>
        )}
        empty={<Empty title={t.noneWait}>{t.noneWaitWhy}</Empty>}
      />
    </Card>
  );
}
