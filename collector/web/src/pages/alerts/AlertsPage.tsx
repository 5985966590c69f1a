import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { Alert } from '../../api/client';
import { queries } from '../../api/queries';
import { ALERT_STATES, SEVERITIES } from '../../lib/search';
import { alertState, alertTypeText, plural, severityWord } from '../../strings/en';
import { Button } from '../../ui/Button';
import { Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Severity } from '../../ui/Severity';
import { Skeleton } from '../../ui/Skeleton';
import { AlertStatus } from '../../ui/Status';
import { Ago } from '../../ui/Time';

const route = getRouteApi('/signed-in/alerts');

/** What people are to know of, the newest first. */
export function AlertsPage() {
  const { state, severity } = route.useSearch();
  const setView = route.useNavigate();
  const list = useInfiniteQuery(queries.alerts({ state, severity }));
  const alerts = list.data?.pages.flatMap((page) => page.items) ?? [];
  const isFiltered = state !== undefined || severity !== undefined;

  const content = () => {
    if (list.isError)
      return <Failed what="The alerts did not load" error={list.error} retry={() => void list.refetch()} />;
    if (list.isPending) return <Skeleton lines={8} label="Loading alerts" />;
    if (alerts.length === 0 && isFiltered)
      return (
        <Empty
          title="No alert matches"
          action={<Button onClick={() => void setView({ search: {} })}>Clear all filters</Button>}
        >
          There may be others.
        </Empty>
      );
    if (alerts.length === 0)
      return (
        <Empty title="Nothing asks for attention">An alert is here for as long as something is so.</Empty>
      );
    return (
      <>
        <section className="scroll" aria-label="List of alerts" tabIndex={0}>
          <table className="plain">
            <thead>
              <tr>
                <th>Alert</th>
                <th>Severity</th>
                <th>State</th>
                <th>About</th>
                <th>Assigned to</th>
                <th>Since</th>
              </tr>
            </thead>
            <tbody>
              {alerts.map((alert) => (
                <Row key={alert.id} alert={alert} />
              ))}
            </tbody>
          </table>
        </section>
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
    <Page title="Alerts" sub="What is so that people should know of, for as long as it is so">
      <section className="card" aria-label="Alerts">
        <header>
          <label className="select">
            <span>State</span>
            <select
              value={state ?? ''}
              onChange={({ target }) =>
                void setView({
                  search: (old) => ({ ...old, state: ALERT_STATES.find((known) => known === target.value) }),
                })
              }
            >
              <option value="">Not resolved</option>
              {ALERT_STATES.map((known) => (
                <option key={known} value={known}>
                  {alertState[known].word}
                </option>
              ))}
            </select>
          </label>
          <label className="select">
            <span>Severity</span>
            <select
              value={severity ?? ''}
              onChange={({ target }) =>
                void setView({
                  search: (old) => ({ ...old, severity: SEVERITIES.find((known) => known === target.value) }),
                })
              }
            >
              <option value="">All</option>
              {SEVERITIES.slice(1).map((known) => (
                <option key={known} value={known}>
                  {severityWord[known]}
                  {known !== 'critical' && ' and above'}
                </option>
              ))}
            </select>
          </label>
        </header>
        {content()}
      </section>
    </Page>
  );
}

function Row({ alert }: { alert: Alert }) {
  return (
    <tr>
      <td>
        <Link className="name" to="/alerts/$id" params={{ id: alert.id }}>
          {alert.title}
        </Link>
        <div className="muted nowrap">{alertTypeText(alert.alert_type)}</div>
      </td>
      <td>
        <Severity level={alert.severity} />
      </td>
      <td>
        <AlertStatus state={alert.state} />
      </td>
      <td className="nowrap num">{plural(alert.subjects, 'subject')}</td>
      <td className="nowrap">{alert.assignee ?? <span className="muted">–</span>}</td>
      <td>
        <Ago at={alert.opened_at} />
      </td>
    </tr>
  );
}
