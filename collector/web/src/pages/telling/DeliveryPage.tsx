import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type Delivery, telling, useRetryDelivery } from '../../api/telling';
import { useMay } from '../../lib/may';
import { channelText, deliveriesText, phaseText, routesText } from '../../strings/en/govern/channels';
import { routeTypeText } from '../../strings/en/govern/rules';
import { Button } from '../../ui/Button';
import { Card, Pair } from '../../ui/Card';
import { Confirm } from '../../ui/Dialog';
import { Listing, NotLoaded } from '../../ui/Listing';
import { Banner, Empty } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Severity } from '../../ui/Severity';
import { Skeleton } from '../../ui/Skeleton';
import { Stamp, StampAgo } from '../../ui/Time';
import { DeliveryStatus } from './DeliveryStatus';

const route = getRouteApi('/signed-in/settings/deliveries/$id');

/** One notice for one channel, with everything that its receiver said. */
export function DeliveryPage() {
  const { id } = route.useParams();
  const may = useMay();
  const query = useQuery(telling.delivery(id));
  const t = deliveriesText;
  if (!query.data)
    return (
      <Page title={t.title}>
        <section className="card">
          {query.isError ? (
            <NotLoaded what={t.one} error={query.error} retry={query.refetch} />
          ) : (
            <Skeleton lines={8} />
          )}
        </section>
      </Page>
    );
  const { delivery, attempts } = query.data;
  return (
    <Page
      title={delivery.title}
      sub={
        <>
          <DeliveryStatus state={delivery.state} />
          <span>{delivery.channel_name ?? t.nowhere}</span>
        </>
      }
      actions={may('channels.write') && delivery.state !== 'unrouted' && <Retry delivery={delivery} />}
    >
      {delivery.state === 'unrouted' && <Banner tone="warn">{t.unroutedWhy}</Banner>}
      <Card title={t.notice}>
        <dl className="pairs">
          <Pair name={t.alert}>
            <Link to="/alerts/$id" params={{ id: delivery.alert }}>
              {t.openAlert}
            </Link>{' '}
            <span className="muted">
              {routeTypeText(delivery.alert_type)}, {phaseText[delivery.phase].toLowerCase()}
            </span>
          </Pair>
          <Pair name={routesText.severity}>
            <Severity level={delivery.severity} />
          </Pair>
          <Pair name={t.when}>
            <StampAgo at={delivery.created_at} />
          </Pair>
          {delivery.ended_at && (
            <Pair name={t.ended}>
              <StampAgo at={delivery.ended_at} />
            </Pair>
          )}
          <Pair name={t.identity}>
            <code className="mono">{delivery.notice}</code>
            <div className="muted">{t.identityWhy}</div>
          </Pair>
        </dl>
      </Card>
      <Card title={t.attemptsTitle} flush>
        <Listing
          what={t.attemptsTitle.toLowerCase()}
          query={query}
          items={attempts}
          head={[t.at, { label: t.status, right: true }, t.answer, { label: t.duration, right: true }]}
          row={(attempt) => (
            <tr key={attempt.at}>
              <td>
                <Stamp at={attempt.at} />
              </td>
              <td className="right num">{attempt.status ?? '–'}</td>
              <td className="cut">{attempt.answer}</td>
              <td className="right num nowrap">{channelText.ms(attempt.duration_ms)}</td>
            </tr>
          )}
          empty={<Empty title={t.noAttempts} />}
        />
      </Card>
    </Page>
  );
}

function Retry({ delivery }: { delivery: Delivery }) {
  const [asking, setAsking] = useState(false);
  const retry = useRetryDelivery();
  const t = deliveriesText;
  const waits = delivery.state === 'waiting';
  const close = () => {
    setAsking(false);
    retry.reset();
  };
  return (
    <>
      <Button disabled={waits} title={waits ? t.retryNot : undefined} onClick={() => setAsking(true)}>
        {t.retry}
      </Button>
      <Confirm
        opened={asking}
        title={t.retryAsk}
        action={t.retry}
        look="primary"
        busy={retry.isPending}
        error={retry.error}
        onConfirm={() => retry.mutate(delivery.id, { onSuccess: close })}
        onClose={close}
      >
        <p>{t.retryWhat}</p>
      </Confirm>
    </>
  );
}
