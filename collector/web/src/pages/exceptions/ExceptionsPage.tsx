import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { type Waiver, waivers } from '../../api/waivers';
import { useMay } from '../../lib/may';
import { QUEUES } from '../../lib/search/decide';
import { type Chip, Chips } from '../../parts/Chips';
import { Listing, Table } from '../../parts/Listing';
import { HostLink, useGroupName, useHostName } from '../../parts/names';
import { ViewTabs } from '../../parts/ViewTabs';
import { exceptions, lists } from '../../strings/en/decide';
import { Page } from '../../ui/Page';
import { Ago, Stamp } from '../../ui/Time';
import { WaiverStatus } from '../exception/WaiverStatus';

const route = getRouteApi('/signed-in/exceptions');

/** What was accepted, until when, and who agreed. */
export function ExceptionsPage() {
  const { queue = 'asked', ...filters } = route.useSearch();
  const setView = route.useNavigate();
  const may = useMay();
  const list = useInfiniteQuery(waivers({ queue, ...filters }));
  const host = useHostName(filters.host);
  const group = useGroupName(filters.group);

  const without = (name: keyof typeof filters) => () =>
    void setView({ search: (old) => ({ ...old, [name]: undefined }) });
  const chip = (id: 'host' | 'group' | 'rule' | 'framework', name: string, value?: string): Chip[] =>
    value === undefined ? [] : [{ id, name, value, onRemove: without(id) }];
  const chips = [
    ...chip('host', lists.host, host),
    ...chip('group', lists.group, group),
    ...chip('rule', exceptions.rule, filters.rule),
    ...chip('framework', exceptions.framework, filters.framework),
  ];
  const clear = () =>
    void setView({
      search: (old) => ({ ...old, host: undefined, group: undefined, rule: undefined, framework: undefined }),
    });

  return (
    <Page
      title={exceptions.title}
      sub={exceptions.sub}
      actions={
        may('waivers.request') && (
          <Link className="btn primary" to="/exceptions/new">
            {exceptions.ask}
          </Link>
        )
      }
    >
      <ViewTabs
        label={exceptions.queueLabel}
        tabs={QUEUES.map((each) => ({ id: each, word: exceptions.queues[each] }))}
        current={queue}
        link={(each) => ({ to: '/exceptions', search: { ...filters, queue: each } })}
      />
      <section className="card" role="tabpanel" id="panel" aria-labelledby={`tab-${queue}`}>
        {chips.length > 0 && (
          <header>
            <Chips chips={chips} onClear={clear} />
          </header>
        )}
        <Listing list={list} words={exceptions.words} filtered={chips.length > 0} onClear={clear}>
          {(items) => (
            <Table label={exceptions.list} head={exceptions.head}>
              {items.map((waiver) => (
                <Row key={waiver.id} waiver={waiver} />
              ))}
            </Table>
          )}
        </Listing>
      </section>
    </Page>
  );
}

function Row({ waiver }: { waiver: Waiver }) {
  const { rule, framework, control } = waiver;
  return (
    <tr>
      <td className="subject">
        <Link className="name" to="/exceptions/$id" params={{ id: waiver.id }}>
          {rule ?? exceptions.control(framework ?? '', control ?? '')}
        </Link>
        {rule === null && <div className="muted">{exceptions.rules(waiver.rules.length)}</div>}
        <div className="muted clip-2">{waiver.reason}</div>
      </td>
      <td className="subject">
        {waiver.scope === 'host' && waiver.scope_id !== null ? (
          <HostLink id={waiver.scope_id} name={waiver.scope_name} />
        ) : (
          waiver.scope_name || exceptions.fleet
        )}
      </td>
      <td>
        <WaiverStatus state={waiver.state} />
      </td>
      <td className="nowrap">
        {waiver.requested_by}
        <div className="muted">
          <Ago at={waiver.requested_at} />
        </div>
      </td>
      <td className="nowrap">
        <Until waiver={waiver} />
      </td>
      <td className="nowrap">{waiver.approved_by ?? <span className="muted">–</span>}</td>
    </tr>
  );
}

function Until({ waiver }: { waiver: Waiver }) {
  if (waiver.state === 'requested') return exceptions.days(waiver.days);
  const end = waiver.ended_at ?? waiver.expires_at;
  if (waiver.approved_at === null || end === null) {
    return <span className="muted">{exceptions.never}</span>;
  }
  return (
    <>
      <Stamp at={end} />
      <div className="muted">
        <Ago at={end} />
      </div>
    </>
  );
}
