import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { type Delivery, telling } from '../../api/telling';
import { DELIVERY_STATES } from '../../lib/search/govern';
import { deliveriesText, deliveryState, phaseText } from '../../strings/en/govern/channels';
import { listText } from '../../strings/en/govern/common';
import { Button } from '../../ui/Button';
import { FilterSelect } from '../../ui/fields';
import { InstantField } from '../../ui/InstantField';
import { Listing } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Severity } from '../../ui/Severity';
import { Ago } from '../../ui/Time';
import { DeliveryStatus } from './DeliveryStatus';

const route = getRouteApi('/signed-in/settings/deliveries');

/** What was told to whom, and what came of it. */
export function DeliveriesPage() {
  const view = route.useSearch();
  const setView = route.useNavigate();
  const list = useInfiniteQuery(telling.deliveries(view));
  const channels = useQuery(telling.channels()).data?.items ?? [];
  const deliveries = list.data?.pages.flatMap((page) => page.items) ?? [];
  const isFiltered = view.channel !== undefined || view.state !== undefined || view.since !== undefined;
  const t = deliveriesText;
  return (
    <Page title={t.title} sub={t.sub}>
      <section className="card" aria-label={t.title}>
        <header>
          <FilterSelect
            label={t.state}
            value={view.state ?? ''}
            options={[
              { value: '', label: t.all },
              ...DELIVERY_STATES.map((value) => ({ value, label: deliveryState[value].word })),
            ]}
            onChange={(chosen) =>
              void setView({
                search: (old) => ({ ...old, state: DELIVERY_STATES.find((known) => known === chosen) }),
              })
            }
          />
          <FilterSelect
            label={t.channel}
            value={view.channel ?? ''}
            options={[
              { value: '', label: t.all },
              ...channels.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            onChange={(channel) =>
              void setView({ search: (old) => ({ ...old, channel: channel || undefined }) })
            }
          />
          <InstantField
            label={t.since}
            value={view.since}
            onChange={(since) => void setView({ search: (old) => ({ ...old, since }) })}
          />
        </header>
        <Listing
          what={t.what}
          query={list}
          items={deliveries}
          head={[t.notice, t.channel, t.state, { label: t.attempts, right: true }, t.said, t.when]}
          row={(delivery) => <Row key={delivery.id} delivery={delivery} />}
          empty={
            isFiltered ? (
              <Empty
                title={t.noMatch}
                action={<Button onClick={() => void setView({ search: {} })}>{listText.clear}</Button>}
              >
                {t.noMatchWhy}
              </Empty>
            ) : (
              <Empty title={t.none}>{t.noneWhy}</Empty>
            )
          }
        />
      </section>
    </Page>
  );
}

function Row({ delivery }: { delivery: Delivery }) {
  const t = deliveriesText;
  return (
    <tr>
      <td className="cut">
        <Link className="name" to="/settings/deliveries/$id" params={{ id: delivery.id }}>
          {delivery.title}
        </Link>
        <div className="line">
          <Severity level={delivery.severity} /> <span className="muted">{phaseText[delivery.phase]}</span>
        </div>
      </td>
      <td>{delivery.channel_name ?? <span className="muted">{t.nowhere}</span>}</td>
      <td>
        <DeliveryStatus state={delivery.state} />
      </td>
      <td className="right num">{delivery.attempts === 0 ? '–' : delivery.attempts.toLocaleString('en')}</td>
      <td className="cut">{delivery.last?.answer ?? <span className="muted">–</span>}</td>
      <td>
        <Ago at={delivery.created_at} />
      </td>
    </tr>
  );
}
