import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type Baseline, baselines } from '../../api/compare';
import { useMay } from '../../lib/may';
import { Chips } from '../../parts/Chips';
import { Listing, Table } from '../../parts/Listing';
import { HostLink, useGroupName, useHostName } from '../../parts/names';
import { baselineWords, lists } from '../../strings/en/decide';
import { Button } from '../../ui/Button';
import { Page } from '../../ui/Page';
import { Status } from '../../ui/Status';
import { Ago, Stamp } from '../../ui/Time';
import { BaselineDeeds } from './BaselineDeeds';
import { PinDialog } from './PinDialog';

const route = getRouteApi('/signed-in/baselines');

/** Instants of hosts and groups that somebody keeps. */
export function BaselinesPage() {
  const { host, group } = route.useSearch();
  const setView = route.useNavigate();
  const may = useMay();
  const [pinning, setPinning] = useState(false);
  const list = useInfiniteQuery(baselines({ host, group }));
  const [hostName, groupName] = [useHostName(host), useGroupName(group)];
  const clear = () => void setView({ search: ({ at }) => ({ at }) });
  const chips = [
    ...(hostName ? [{ id: 'host', name: lists.host, value: hostName, onRemove: clear }] : []),
    ...(groupName ? [{ id: 'group', name: lists.group, value: groupName, onRemove: clear }] : []),
  ];
  return (
    <Page
      title={baselineWords.title}
      sub={baselineWords.sub}
      actions={
        may('baselines.write') && (
          <Button look="primary" onClick={() => setPinning(true)}>
            {baselineWords.pin}
          </Button>
        )
      }
    >
      <section className="card" aria-label={baselineWords.title}>
        {chips.length > 0 && (
          <header>
            <Chips chips={chips} onClear={clear} />
          </header>
        )}
        <Listing list={list} words={baselineWords.words} filtered={chips.length > 0} onClear={clear}>
          {(items) => (
            <Table label={baselineWords.list} head={baselineWords.head}>
              {items.map((baseline) => (
                <Row key={baseline.id} baseline={baseline} />
              ))}
            </Table>
          )}
        </Listing>
      </section>
      {pinning && <PinDialog host={host} group={group} onClose={() => setPinning(false)} />}
    </Page>
  );
}

function Row({ baseline }: { baseline: Baseline }) {
  const host = useHostName(baseline.host ?? undefined);
  const group = useGroupName(baseline.group ?? undefined);
  return (
    <tr>
      <td className="subject">
        <Link
          className="name"
          to="/compare"
          search={{ what: 'baseline', baseline: baseline.id }}
          title={baselineWords.compare}
        >
          {baseline.name}
        </Link>
        {baseline.note && <div className="muted">{baseline.note}</div>}
      </td>
      <td className="subject">
        {baseline.host !== null ? <HostLink id={baseline.host} name={host ?? ''} /> : group}
      </td>
      <td className="nowrap">
        <Stamp at={baseline.at} />
        {!baseline.kept && (
          <div>
            <Status tone="warn" word={baselineWords.dropped} meaning={baselineWords.droppedWhy} />
          </div>
        )}
      </td>
      <td>{baseline.profile ?? baseline.framework ?? baselineWords.every}</td>
      <td className="nowrap">
        {baseline.pinned_by}
        <div className="muted">
          <Ago at={baseline.pinned_at} />
        </div>
      </td>
      <td>
        <BaselineDeeds baseline={baseline} />
      </td>
    </tr>
  );
}
