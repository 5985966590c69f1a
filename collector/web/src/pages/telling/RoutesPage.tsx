import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { queries } from '../../api/queries';
import { type Route, telling, useDeleteRoute } from '../../api/telling';
import { useMay } from '../../lib/may';
import { severityWord } from '../../strings/en';
import { hoursText, routesText } from '../../strings/en/govern/channels';
import { listText } from '../../strings/en/govern/common';
import { routeTypeText } from '../../strings/en/govern/rules';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Dialog';
import { Listing } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { EditRoute, RouteForm } from './RouteForm';

/** Which notices go where. */
export function RoutesPage() {
  const may = useMay();
  const list = useQuery(telling.routes());
  const channels = useQuery(telling.channels()).data?.items ?? [];
  const [editing, setEditing] = useState<string | 'new' | null>(null);
  const [removing, setRemoving] = useState<Route | null>(null);
  const writes = may('channels.write');
  const t = routesText;
  return (
    <Page
      title={t.title}
      sub={t.sub}
      actions={
        writes &&
        editing !== 'new' && (
          <Button
            look="primary"
            disabled={channels.length === 0}
            title={channels.length === 0 ? t.noChannel : undefined}
            onClick={() => setEditing('new')}
          >
            {t.add}
          </Button>
        )
      }
    >
      {editing === 'new' && (
        <RouteForm
          title={t.addTitle}
          action={t.create}
          channels={channels}
          onSaved={() => setEditing(null)}
          onClose={() => setEditing(null)}
        />
      )}
      {editing !== null && editing !== 'new' && (
        <EditRoute key={editing} id={editing} channels={channels} onClose={() => setEditing(null)} />
      )}
      <section className="card" aria-label={t.title}>
        <Listing
          what={t.what}
          query={list}
          items={list.data?.items ?? []}
          lines={4}
          head={[
            t.name,
            t.channel,
            t.severity,
            t.types,
            t.group,
            t.hours,
            t.state,
            { label: listText.actions, hidden: true },
          ]}
          row={(route) => (
            <Row
              key={route.id}
              route={route}
              channel={channels.find(({ id }) => id === route.channel)?.name}
              onEdit={writes ? () => setEditing(route.id) : undefined}
              onRemove={() => setRemoving(route)}
            />
          )}
          empty={
            <Empty title={t.none}>
              {t.noneWhy} {channels.length === 0 && t.noChannel}
            </Empty>
          }
        />
      </section>
      <Remove route={removing} onClose={() => setRemoving(null)} />
    </Page>
  );
}

type RowProps = { route: Route; channel: string | undefined; onEdit?: () => void; onRemove: () => void };

function Row({ route, channel, onEdit, onRemove }: RowProps) {
  const groups = useQuery(queries.groups()).data?.items ?? [];
  const t = routesText;
  return (
    <tr>
      <td className="strong">{route.name}</td>
      <td>
        <Link to="/settings/channels/$id" params={{ id: route.channel }}>
          {channel ?? route.channel}
        </Link>
      </td>
      <td className="nowrap">
        {route.severity === 'info' ? t.allSeverities : t.above(severityWord[route.severity])}
      </td>
      <td>{route.alert_types.length === 0 ? t.allTypes : route.alert_types.map(routeTypeText).join(', ')}</td>
      <td>
        {route.group === null
          ? t.everything
          : (groups.find(({ id }) => id === route.group)?.name ?? route.group)}
      </td>
      <td>{route.hours === null ? t.always : hoursText(route.hours)}</td>
      <td>{route.enabled ? t.on : <span className="muted">{t.off}</span>}</td>
      <td className="right nowrap">
        {onEdit && (
          <>
            <Button aria-label={t.editLabel(route.name)} onClick={onEdit}>
              {t.edit}
            </Button>{' '}
            <Button look="danger" aria-label={t.removeLabel(route.name)} onClick={onRemove}>
              {t.remove}
            </Button>
          </>
        )}
      </td>
    </tr>
  );
}

function Remove({ route, onClose }: { route: Route | null; onClose: () => void }) {
  const remove = useDeleteRoute();
  const t = routesText;
  const close = () => {
    remove.reset();
    onClose();
  };
  return (
    <Confirm
      opened={route !== null}
      title={t.removeAsk(route?.name ?? '')}
      action={t.removeAction}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => route && remove.mutate(route.id, { onSuccess: close })}
      onClose={close}
    >
      <p>{t.removeWhat}</p>
    </Confirm>
  );
}
