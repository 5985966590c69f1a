import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { AlertDetail } from '../../api/client';
import { Problem } from '../../api/problem';
import { queries } from '../../api/queries';
import { alertEntryText, alertState, alertTypeText } from '../../strings/en';
import { Card, Pair } from '../../ui/Card';
import { Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Severity } from '../../ui/Severity';
import { Skeleton } from '../../ui/Skeleton';
import { AlertStatus } from '../../ui/Status';
import { Ago, Stamp, StampAgo } from '../../ui/Time';
import { Deeds } from './Deeds';
import { Subjects } from './Subjects';

const route = getRouteApi('/signed-in/alerts/$id');

/** One alert: how it stands, what it is about, what happened to it, and what one can do. */
export function AlertPage() {
  const { id } = route.useParams();
  const query = useQuery(queries.alert(id));
  const alert = query.data;

  if (!alert) {
    if (query.isError) return <Missing id={id} error={query.error} retry={() => void query.refetch()} />;
    return (
      <Page title="Alert" sub={' '}>
        <Skeleton lines={10} label="Loading the alert" />
      </Page>
    );
  }
  return (
    <Page
      title={alert.title}
      sub={
        <>
          <AlertStatus state={alert.state} />
          <Severity level={alert.severity} />
          <span>
            Since <Ago at={alert.opened_at} />
          </span>
        </>
      }
      actions={<Deeds alert={alert} />}
    >
      <div className="columns">
        <div className="stack">
          <Subjects alert={alert} />
        </div>
        <div className="stack">
          <Card title="How it stands">
            <Standing alert={alert} />
          </Card>
          <Card title="What happened" flush>
            <History entries={alert.history} />
          </Card>
        </div>
      </div>
    </Page>
  );
}

function Standing({ alert }: { alert: AlertDetail }) {
  return (
    <dl className="pairs">
      <Pair name="State">{alertState[alert.state].meaning}</Pair>
      {alert.acknowledged_by !== null && <Pair name="Acknowledged by">{alert.acknowledged_by}</Pair>}
      {alert.snoozed_until !== null && (
        <Pair name="Snoozed until">
          <StampAgo at={alert.snoozed_until} />
        </Pair>
      )}
      <Pair name="Assigned to">{alert.assignee ?? <span className="muted">Nobody</span>}</Pair>
      <Pair name="Type">{alertTypeText(alert.alert_type)}</Pair>
      <Pair name="Alert rule">{alert.rule_name}</Pair>
      <Pair name="Began">
        <StampAgo at={alert.opened_at} />
      </Pair>
      {alert.resolved_at !== null && (
        <Pair name="Ended">
          <StampAgo at={alert.resolved_at} />
        </Pair>
      )}
    </dl>
  );
}

function History({ entries }: { entries: AlertDetail['history'] }) {
  return (
    <ol className="story">
      {entries.map((entry, index) => (
        // Entries are never changed, and only follow one another.
        // biome-ignore lint/suspicious/noArrayIndexKey: the place is the identity
        <li key={index}>
          <div className="when">
            <Stamp at={entry.at} />
            <span className="muted"> by {entry.who}</span>
          </div>
          <div className="strong">{alertEntryText(entry.what)}</div>
          {entry.detail && <p className="why">{entry.detail}</p>}
        </li>
      ))}
    </ol>
  );
}

function Missing({ id, error, retry }: { id: string; error: Error; retry: () => void }) {
  const gone = error instanceof Problem && (error.status === 404 || error.status === 400);
  return (
    <Page title={gone ? 'No such alert' : 'Alert'}>
      <section className="card">
        {gone ? (
          <Empty
            title="There is no such alert, or none about a host that you may see"
            action={
              <Link className="btn" to="/alerts">
                All alerts
              </Link>
            }
          >
            <code className="mono">{id}</code>
          </Empty>
        ) : (
          <Failed what="The alert did not load" error={error} retry={retry} />
        )}
      </section>
    </Page>
  );
}
