import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type MaintenanceWindow, telling, useDeleteWindow } from '../../api/telling';
import { useMay } from '../../lib/may';
import { useNow } from '../../lib/now';
import { listText } from '../../strings/en/govern/common';
import { maintenanceText, weeklyText } from '../../strings/en/govern/rules';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Dialog';
import { Listing } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Status } from '../../ui/Status';
import { Stamp } from '../../ui/Time';
import { GroupName, HostName } from './About';
import { EditWindow, WindowForm } from './WindowForm';

/** When work on hosts is planned. */
export function MaintenancePage() {
  const may = useMay();
  const list = useInfiniteQuery(telling.windows());
  const [editing, setEditing] = useState<string | 'new' | null>(null);
  const [removing, setRemoving] = useState<MaintenanceWindow | null>(null);
  const windows = list.data?.pages.flatMap((page) => page.items) ?? [];
  const writes = may('maintenance.write');
  const t = maintenanceText;
  const close = () => setEditing(null);
  return (
    <Page
      title={t.title}
      sub={t.sub}
      actions={
        writes &&
        editing !== 'new' && (
          <Button look="primary" onClick={() => setEditing('new')}>
            {t.add}
          </Button>
        )
      }
    >
      {editing === 'new' && (
        <WindowForm title={t.addTitle} action={t.create} onSaved={close} onClose={close} />
      )}
      {editing !== null && editing !== 'new' && <EditWindow key={editing} id={editing} onClose={close} />}
      <section className="card" aria-label={t.title}>
        <Listing
          what={t.what}
          query={list}
          items={windows}
          lines={4}
          head={[t.for, t.when, t.reason, t.state, t.by, { label: listText.actions, hidden: true }]}
          row={(window) => (
            <Row
              key={window.id}
              window={window}
              onEdit={writes ? () => setEditing(window.id) : undefined}
              onRemove={() => setRemoving(window)}
            />
          )}
          empty={<Empty title={t.none}>{t.noneWhy}</Empty>}
        />
      </section>
      <Remove window={removing} onClose={() => setRemoving(null)} />
    </Page>
  );
}

type RowProps = { window: MaintenanceWindow; onEdit?: () => void; onRemove: () => void };

function Row({ window, onEdit, onRemove }: RowProps) {
  const now = useNow();
  const t = maintenanceText;
  const over = window.to !== null && Date.parse(window.to) <= now;
  return (
    <tr>
      <td>
        {window.host && <HostName id={window.host} />}
        {window.group && (
          <>
            <span className="muted">{t.group}</span> <GroupName id={window.group} />
          </>
        )}
      </td>
      <td>
        {window.weekly && <div>{weeklyText(window.weekly)}</div>}
        <div>
          <Stamp at={window.from} /> – {window.to ? <Stamp at={window.to} /> : t.untilFurther}
        </div>
      </td>
      <td className="cut">{window.reason}</td>
      <td>
        {window.open ? (
          <Status tone="warn" word={t.open} />
        ) : (
          <span className="muted">{over ? t.over : t.closed}</span>
        )}
      </td>
      <td className="nowrap">{window.created_by}</td>
      <td className="right nowrap">
        {onEdit && (
          <>
            <Button aria-label={t.editLabel(window.reason)} onClick={onEdit}>
              {t.edit}
            </Button>{' '}
            <Button look="danger" aria-label={t.removeLabel(window.reason)} onClick={onRemove}>
              {t.remove}
            </Button>
          </>
        )}
      </td>
    </tr>
  );
}

function Remove({ window, onClose }: { window: MaintenanceWindow | null; onClose: () => void }) {
  const remove = useDeleteWindow();
  const t = maintenanceText;
  const close = () => {
    remove.reset();
    onClose();
  };
  return (
    <Confirm
      opened={window !== null}
      title={t.removeAsk}
      action={t.removeAction}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => window && remove.mutate(window.id, { onSuccess: close })}
      onClose={close}
    >
      <p>
        {window?.reason}. {t.removeWhat}
      </p>
    </Confirm>
  );
}
