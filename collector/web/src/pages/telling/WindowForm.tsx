import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { queries } from '../../api/queries';
import { type MaintenanceWindow, telling, useSaveWindow } from '../../api/telling';
import { weekdays } from '../../strings/en';
import { saveText } from '../../strings/en/govern/common';
import { maintenanceText } from '../../strings/en/govern/rules';
import { Button } from '../../ui/Button';
import { SelectField, TextField } from '../../ui/fields';
import { HostPick, type PickedHost } from '../../ui/HostPick';
import { InstantField } from '../../ui/InstantField';
import { NotLoaded } from '../../ui/Listing';
import { SaveBar } from '../../ui/SaveBar';
import { Skeleton } from '../../ui/Skeleton';
import { fromClock, toClock } from '../notifications/choices';

type Props = {
  title: string;
  window?: MaintenanceWindow;
  hostname?: string;
  tag?: string;
  action?: string;
  onSaved: () => void;
  onReload?: () => void;
  onClose: () => void;
};

/** Sunday, two in the morning, for two hours: what is usual. */
const USUAL = { weekday: 7, start_minute: 120, duration_minutes: 120 };

/** A window with the tag under which it is changed. */
export function EditWindow({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useQuery({ ...telling.window(id), staleTime: 0 });
  const hostId = query.data?.value.host;
  const host = useQuery({ ...queries.host(hostId ?? ''), enabled: Boolean(hostId) });
  const t = maintenanceText;
  if (!query.data || (hostId && host.isPending))
    return (
      <section className="card">
        {query.isError ? (
          <NotLoaded what={t.one} error={query.error} retry={query.refetch} />
        ) : (
          <Skeleton lines={6} />
        )}
      </section>
    );
  const { value, tag } = query.data;
  return (
    <WindowForm
      key={tag}
      title={t.editTitle}
      window={value}
      hostname={host.data?.hostname}
      tag={tag}
      onSaved={onClose}
      onReload={() => void query.refetch()}
      onClose={onClose}
    />
  );
}

/** For what, when and why. */
export function WindowForm({ title, window, hostname, tag, action, onSaved, onReload, onClose }: Props) {
  const groups = useQuery(queries.groups()).data?.items ?? [];
  const save = useSaveWindow();
  const [about, setAbout] = useState<'host' | 'group'>(window?.group ? 'group' : 'host');
  const [host, setHost] = useState<PickedHost | null>(
    window?.host ? { id: window.host, hostname: hostname ?? window.host } : null,
  );
  const [group, setGroup] = useState(window?.group ?? '');
  const [from, setFrom] = useState(window?.from);
  const [to, setTo] = useState(window?.to ?? undefined);
  const [weekly, setWeekly] = useState(window?.weekly ?? null);
  const [reason, setReason] = useState(window?.reason ?? '');
  const t = maintenanceText;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending) return;
    const value = {
      host: about === 'host' ? (host?.id ?? null) : null,
      group: about === 'group' ? group : null,
      from: from ?? null,
      to: to ?? null,
      weekly,
      reason: reason.trim(),
    };
    save.mutate({ id: window?.id ?? null, value, tag }, { onSuccess: onSaved });
  };
  const why = about === 'host' && !host ? t.sayHost : about === 'group' && !group ? t.sayGroup : undefined;
  return (
    <form className="card" aria-label={title} onSubmit={submit}>
      <header>
        <h2>{title}</h2>
      </header>
      <div className="body form">
        <SelectField
          label={t.about}
          options={[
            { value: 'host', label: t.aboutHost },
            { value: 'group', label: t.aboutGroup },
          ]}
          value={about}
          onChange={setAbout}
        />
        {about === 'host' ? (
          <HostPick label={t.host} hint={t.hostHint} value={host} onPick={setHost} />
        ) : (
          <SelectField
            label={t.group}
            options={[
              { value: '', label: t.sayGroup },
              ...groups.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            value={group}
            onChange={setGroup}
          />
        )}
        <SelectField
          label={t.sort}
          options={[
            { value: 'once', label: t.once },
            { value: 'weekly', label: t.weekly },
          ]}
          value={weekly ? 'weekly' : 'once'}
          onChange={(sort) => setWeekly(sort === 'weekly' ? USUAL : null)}
        />
        <div className="wide-field filter-line">
          <InstantField label={t.from} value={from} onChange={setFrom} />
          <InstantField label={t.to} value={to} onChange={setTo} />
        </div>
        {weekly && (
          <>
            <SelectField
              label={t.weekday}
              options={weekdays.map((label, place) => ({ value: String(place + 1), label }))}
              value={String(weekly.weekday)}
              onChange={(day) => setWeekly({ ...weekly, weekday: Number(day) })}
            />
            <TextField
              label={t.start}
              type="time"
              required
              value={toClock(weekly.start_minute)}
              onChange={(text) => {
                const minute = fromClock(text);
                if (minute !== null) setWeekly({ ...weekly, start_minute: minute });
              }}
            />
            <TextField
              label={t.duration}
              hint={t.durationHint}
              type="number"
              required
              min={1}
              max={10_079}
              value={String(weekly.duration_minutes)}
              onChange={(text) => setWeekly({ ...weekly, duration_minutes: Number(text) })}
            />
          </>
        )}
        <TextField wide label={t.reason} required maxLength={500} value={reason} onChange={setReason} />
        <SaveBar save={save} action={action} why={why} onReload={onReload}>
          <Button onClick={onClose}>{saveText.cancel}</Button>
        </SaveBar>
      </div>
    </form>
  );
}
