import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import type { Alert } from '../../api/client';
import { toFilters } from '../../api/exports';
import { queries } from '../../api/queries';
import { type TriageOutcome, type TriageVerb, useTriage } from '../../api/triage';
import { useShortcuts } from '../../lib/keys';
import { useMay } from '../../lib/may';
import { ALERT_STATES, SEVERITIES } from '../../lib/search';
import { Chips } from '../../parts/Chips';
import { Denied } from '../../parts/Listing';
import { useHostName } from '../../parts/names';
import { Pick } from '../../parts/Pick';
import { useRows, useSelection } from '../../parts/rows';
import { SelectionBar } from '../../parts/SelectionBar';
import { Views } from '../../parts/Views';
import { alertState } from '../../strings/en';
import { exception, lists, triage } from '../../strings/en/decide';
import { shortcutWords } from '../../strings/en/keys';
import { Button } from '../../ui/Button';
import { Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { verbs } from '../alert/deeds';
import { AlertsTable } from './AlertsTable';
import { Outcome, Triage } from './Triage';

const route = getRouteApi('/signed-in/alerts');
const VERBS = ['acknowledge', 'snooze', 'dismiss'] as const satisfies readonly TriageVerb[];
const NONE: readonly Alert[] = [];

/** What people are to know of, the newest first; by the keyboard, a page is gone through in a minute. */
export function AlertsPage() {
  const { state, severity, host } = route.useSearch();
  const setView = route.useNavigate();
  const may = useMay();
  const list = useInfiniteQuery(queries.alerts({ state, severity, host }));
  const hostName = useHostName(host);
  const alerts = list.data?.pages.flatMap((page) => page.items) ?? NONE;
  const clear = () => void setView({ search: ({ at }) => ({ at }) });
  const chips = [
    ...(state ? [chip('state', 'State', alertState[state].word)] : []),
    ...(severity ? [chip('severity', lists.severity, lists.atLeast(severity))] : []),
    ...(hostName ? [chip('host', lists.host, hostName)] : []),
  ];
  function chip(id: 'state' | 'severity' | 'host', name: string, value: string) {
    const onRemove = () => void setView({ search: (old) => ({ ...old, [id]: undefined }) });
    return { id, name, value, onRemove };
  }

  const box = useRef<HTMLElement>(null);
  const rows = useRows(box);
  const { chosen, toggle, set, clear: choose } = useSelection(alerts.map(({ id }) => id));
  const [asked, setAsked] = useState<{ verb: TriageVerb; alerts: readonly Alert[] } | null>(null);
  const [came, setCame] = useState<{ verb: TriageVerb; outcome: TriageOutcome } | null>(null);
  const atOnce = useTriage();
  const mayDo = may('alerts.write');

  /** What is chosen; without a choice, the row that has the focus. */
  const meant = (): Alert[] => {
    const current = rows.current();
    return alerts.filter(({ id }) => (chosen.size > 0 ? chosen.has(id) : id === current));
  };
  const done = (verb: TriageVerb) => (outcome: TriageOutcome) => {
    setAsked(null);
    setCame({ verb, outcome });
    choose();
  };
  const act = (verb: TriageVerb) => {
    const these = meant();
    if (!mayDo || these.length === 0) return;
    setCame(null);
    // To say that one looks after it costs nobody anything; the others are asked for first.
    if (verb !== 'acknowledge') return setAsked({ verb, alerts: these });
    const fit = these.filter((alert) => verbs(alert.state).includes(verb));
    if (!atOnce.isPending) atOnce.mutate({ verb, alerts: fit, note: '' }, { onSuccess: done(verb) });
  };
  useShortcuts(triage.group, [
    { key: 'j', does: shortcutWords.down, run: () => rows.move(1) },
    { key: 'k', does: shortcutWords.up, run: () => rows.move(-1) },
    {
      key: 'x',
      does: shortcutWords.select,
      run: () => {
        const current = rows.current();
        if (current) toggle(current);
      },
    },
    { key: 'a', does: triage.acknowledge, run: () => act('acknowledge') },
    { key: 's', does: triage.snooze, run: () => act('snooze') },
    { key: 'd', does: triage.dismiss, run: () => act('dismiss') },
  ]);

  const content = () => {
    if (list.isError && 'status' in list.error && list.error.status === 403)
      return <Denied permission="alerts.read" />;
    if (list.isError)
      return <Failed what="The alerts did not load" error={list.error} retry={() => void list.refetch()} />;
    if (list.isPending) return <Skeleton lines={8} label="Loading alerts" />;
    if (alerts.length === 0 && chips.length > 0)
      return (
        <Empty title="No alert matches" action={<Button onClick={clear}>{lists.clearFilters}</Button>}>
          There may be others.
        </Empty>
      );
    if (alerts.length === 0)
      return (
        <Empty title="Nothing asks for attention">An alert is here for as long as something is so.</Empty>
      );
    return (
      <>
        <AlertsTable
          box={box}
          alerts={alerts}
          chosen={chosen}
          onToggle={toggle}
          onAll={(on) => set(on ? alerts.map(({ id }) => id) : [])}
        />
        {list.hasNextPage && (
          <div className="more">
            <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              Show older alerts
            </Button>
          </div>
        )}
      </>
    );
  };

  return (
    <Page
      title="Alerts"
      sub="What is so that people should know of, for as long as it is so"
      actions={
        <Views
          list="alerts"
          filters={toFilters({ state, severity, host })}
          onApply={(filters) => void setView({ search: ({ at }) => ({ at, ...filters }) })}
        />
      }
    >
      <section className="card" aria-label="Alerts">
        <header>
          <Pick
            label="State"
            value={state}
            all="Not resolved"
            options={ALERT_STATES.map((value) => ({ value, word: alertState[value].word }))}
            onChange={(next) => void setView({ search: (old) => ({ ...old, state: next }) })}
          />
          <Pick
            label={lists.severity}
            value={severity}
            all={lists.all}
            options={SEVERITIES.slice(1).map((value) => ({
              value,
              word: lists.atLeast(value),
            }))}
            onChange={(next) => void setView({ search: (old) => ({ ...old, severity: next }) })}
          />
          <Chips chips={chips} onClear={clear} />
          <span className="muted outcome" role="status">
            {came && <Outcome verb={came.verb} outcome={came.outcome} />}
          </span>
        </header>
        <SelectionBar count={chosen.size} onClear={choose}>
          {VERBS.map((verb) => (
            <Button
              key={verb}
              why={mayDo ? undefined : exception.mayNot('alerts.write')}
              busy={verb === 'acknowledge' && atOnce.isPending}
              onClick={() => act(verb)}
            >
              {triage[verb]}
            </Button>
          ))}
        </SelectionBar>
        {content()}
      </section>
      {asked && <Triage {...asked} onDone={done(asked.verb)} onClose={() => setAsked(null)} />}
    </Page>
  );
}
