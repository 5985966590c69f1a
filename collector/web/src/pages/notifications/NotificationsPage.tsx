import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { PreferenceFields, Preferences } from '../../api/client';
import { useSetPreferences } from '../../api/mutations';
import { queries } from '../../api/queries';
import { weekdays } from '../../strings/en';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Banner, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { Ago } from '../../ui/Time';
import { ChoicesCard } from './ChoicesCard';
import { fromClock, toClock } from './choices';

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
/** A night, for who wants quiet hours and has not said which. */
const NIGHT = { from_minute: 22 * 60, to_minute: 7 * 60 };

/** What one wants to be told oneself, where and when. */
export function NotificationsPage() {
  const query = useQuery(queries.preferences());
  const content = () => {
    if (query.isError)
      return (
        <section className="card">
          <Failed
            what="Your preferences did not load"
            error={query.error}
            retry={() => void query.refetch()}
          />
        </section>
      );
    if (query.isPending) return <Skeleton lines={12} label="Loading your preferences" />;
    return <Form set={query.data} />;
  };
  return (
    <Page title="Notifications" sub="What you are told, where and when">
      {content()}
    </Page>
  );
}

function Form({ set }: { set: Preferences }) {
  const { mail, ...said } = set;
  const [wanted, setWanted] = useState<PreferenceFields>(said);
  const save = useSetPreferences();
  const change = (part: Partial<PreferenceFields>) => {
    save.reset();
    setWanted((old) => ({ ...old, ...part }));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!save.isPending) save.mutate({ ...wanted, address: wanted.address?.trim() || null });
  };
  const { digest, quiet } = wanted;
  const zones = ZONES.includes(wanted.time_zone) ? ZONES : [wanted.time_zone, ...ZONES];

  return (
    <form className="stack" aria-label="Notification preferences" onSubmit={submit}>
      <Mail mail={mail} />
      <Card title="E-mail">
        <div className="form">
          <label className="field">
            <span>Address</span>
            <input
              type="email"
              maxLength={254}
              autoComplete="email"
              value={wanted.address ?? ''}
              onChange={({ target }) => change({ address: target.value || null })}
            />
            <small>
              {mail.domains.length > 0 ? `Within ${mail.domains.join(', ')}` : 'No domain is allowed yet'}
            </small>
          </label>
          <label className="field">
            <span>Time zone</span>
            <select value={wanted.time_zone} onChange={({ target }) => change({ time_zone: target.value })}>
              {zones.map((zone) => (
                <option key={zone}>{zone}</option>
              ))}
            </select>
            <small>By its clocks digests come, and it is quiet</small>
          </label>
          <label className="field">
            <span>Digest</span>
            <select
              value={digest.weekday ?? ''}
              onChange={({ target }) =>
                change({ digest: { ...digest, weekday: Number(target.value) || null } })
              }
            >
              <option value="">Every day</option>
              {weekdays.map((name, place) => (
                <option key={name} value={place + 1}>
                  Every {name}
                </option>
              ))}
            </select>
            <small>Nothing comes when nothing happened</small>
          </label>
          <label className="field">
            <span>At</span>
            <select
              value={digest.hour}
              onChange={({ target }) => change({ digest: { ...digest, hour: Number(target.value) } })}
            >
              {HOURS.map((hour) => (
                <option key={hour} value={hour}>
                  {toClock(hour * 60)}
                </option>
              ))}
            </select>
          </label>
        </div>
        <fieldset className="quiet">
          <legend className="sr">Quiet hours</legend>
          <label className="check">
            <input
              type="checkbox"
              checked={quiet !== null && quiet !== undefined}
              onChange={({ target }) => change({ quiet: target.checked ? NIGHT : null })}
            />
            Quiet hours: what would come at once comes after them
          </label>
          {quiet && (
            <div className="actions">
              <Clock
                label="From"
                minute={quiet.from_minute}
                onChange={(from_minute) => change({ quiet: { ...quiet, from_minute } })}
              />
              <Clock
                label="To"
                minute={quiet.to_minute}
                // Midnight ends a day.
                onChange={(minute) => change({ quiet: { ...quiet, to_minute: minute || 1_440 } })}
              />
            </div>
          )}
        </fieldset>
      </Card>
      <ChoicesCard choices={wanted.choices ?? []} onChange={(choices) => change({ choices })} />
      <div className="actions">
        <Button type="submit" look="primary" busy={save.isPending}>
          Save
        </Button>
        <span role="status">{save.isSuccess && 'Saved'}</span>
        <p className="error" role="alert">
          {save.error?.message}
        </p>
      </div>
    </form>
  );
}

function Clock({
  label,
  minute,
  onChange,
}: {
  label: string;
  minute: number;
  onChange: (m: number) => void;
}) {
  return (
    <label className="field">
      <span>{label}</span>
      <input
        type="time"
        required
        value={toClock(minute)}
        onChange={({ target }) => {
          const typed = fromClock(target.value);
          if (typed !== null) onChange(typed);
        }}
      />
    </label>
  );
}

/** Whether e-mail goes out at all, and what became of the last one. */
function Mail({ mail }: { mail: Preferences['mail'] }) {
  return (
    <>
      {mail.why !== null && (
        <Banner tone="warn">
          No e-mail goes out: {mail.why}. An administrator can say through which channel it is to.
        </Banner>
      )}
      {mail.last !== null && !mail.last.delivered && (
        <Banner tone="fail">
          The last e-mail to you did not go out (<Ago at={mail.last.at} />
          ): {mail.last.answer}
        </Banner>
      )}
    </>
  );
}
