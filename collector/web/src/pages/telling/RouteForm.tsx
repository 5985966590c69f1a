import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Severity } from '../../api/client';
import { queries } from '../../api/queries';
import { type Channel, type Hours, type Route, telling, useSaveRoute } from '../../api/telling';
import { SEVERITIES } from '../../lib/search';
import { severityWord } from '../../strings/en';
import { routesText } from '../../strings/en/govern/channels';
import { saveText } from '../../strings/en/govern/common';
import { routeTypeText } from '../../strings/en/govern/rules';
import { Button } from '../../ui/Button';
import { CheckField, SelectField, TextField } from '../../ui/fields';
import { NotLoaded } from '../../ui/Listing';
import { SaveBar } from '../../ui/SaveBar';
import { Skeleton } from '../../ui/Skeleton';
import { HoursFields } from './HoursFields';
import { ROUTE_TYPES } from './types';

type Props = {
  title: string;
  channels: readonly Channel[];
  route?: Route;
  tag?: string;
  action?: string;
  onSaved: () => void;
  onReload?: () => void;
  onClose: () => void;
};

const NO_DAYS: Hours = { weekdays: [1, 2, 3, 4, 5], from_minute: 480, to_minute: 1_080, time_zone: 'UTC' };

/** A route with the tag under which it is changed. */
export function EditRoute({
  id,
  channels,
  onClose,
}: {
  id: string;
  channels: readonly Channel[];
  onClose: () => void;
}) {
  const query = useQuery({ ...telling.route(id), staleTime: 0 });
  const t = routesText;
  if (!query.data)
    return (
      <section className="card">
        {query.isError ? (
          <NotLoaded what={t.what} error={query.error} retry={query.refetch} />
        ) : (
          <Skeleton lines={6} />
        )}
      </section>
    );
  const { value, tag } = query.data;
  return (
    <RouteForm
      key={tag}
      title={t.editTitle(value.name)}
      channels={channels}
      route={value}
      tag={tag}
      onSaved={onClose}
      onReload={() => void query.refetch()}
      onClose={onClose}
    />
  );
}

/** What goes this way: a notice does when it fits all of it. */
export function RouteForm({ title, channels, route, tag, action, onSaved, onReload, onClose }: Props) {
  const groups = useQuery(queries.groups()).data?.items ?? [];
  const save = useSaveRoute();
  const [name, setName] = useState(route?.name ?? '');
  const [channel, setChannel] = useState(route?.channel ?? channels[0]?.id ?? '');
  const [severity, setSeverity] = useState<Severity>(route?.severity ?? 'info');
  const [types, setTypes] = useState<readonly string[]>(route?.alert_types ?? []);
  const [group, setGroup] = useState(route?.group ?? '');
  const [enabled, setEnabled] = useState(route?.enabled ?? true);
  const [hours, setHours] = useState<Hours | null>(route?.hours ?? null);
  const t = routesText;
  // A type that is newer than this console stays as it is.
  const known = [...ROUTE_TYPES, ...types.filter((type) => !ROUTE_TYPES.some((each) => each === type))];

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending) return;
    const value = {
      name: name.trim(),
      channel,
      severity,
      alert_types: [...types],
      group: group || null,
      enabled,
      hours,
    };
    save.mutate({ id: route?.id ?? null, value, tag }, { onSuccess: onSaved });
  };
  return (
    <form className="card" aria-label={title} onSubmit={submit}>
      <header>
        <h2>{title}</h2>
      </header>
      <div className="body form">
        <TextField label={t.name} required maxLength={100} value={name} onChange={setName} />
        <SelectField
          label={t.channel}
          options={channels.map((each) => ({ value: each.id, label: each.name }))}
          value={channel}
          onChange={setChannel}
        />
        <SelectField
          label={t.severity}
          options={SEVERITIES.map((each) => ({
            value: each,
            label: each === 'info' ? t.allSeverities : t.above(severityWord[each]),
          }))}
          value={severity}
          onChange={setSeverity}
        />
        <SelectField
          label={t.group}
          options={[
            { value: '', label: t.everything },
            ...groups.map((each) => ({ value: each.id, label: each.name })),
          ]}
          value={group}
          onChange={setGroup}
        />
        <fieldset className="wide-field">
          <legend>
            {t.types} <span className="muted">({t.typesHint})</span>
          </legend>
          <div className="ticks">
            {known.map((type) => (
              <CheckField
                key={type}
                label={routeTypeText(type)}
                checked={types.includes(type)}
                onChange={(isIn) =>
                  setTypes(known.filter((each) => (each === type ? isIn : types.includes(each))))
                }
              />
            ))}
          </div>
        </fieldset>
        <div className="wide-field">
          <CheckField
            label={t.limited}
            checked={hours !== null}
            onChange={(limited) => setHours(limited ? NO_DAYS : null)}
          />
          {hours && <HoursFields value={hours} onChange={setHours} />}
          <CheckField label={t.enabled} checked={enabled} onChange={setEnabled} />
        </div>
        <SaveBar
          save={save}
          action={action}
          why={hours?.weekdays.length === 0 ? t.noDay : undefined}
          onReload={onReload}
        >
          <Button onClick={onClose}>{saveText.cancel}</Button>
        </SaveBar>
      </div>
    </form>
  );
}
