import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense } from 'react';
import type { HostDetail } from '../../api/client';
import { Problem } from '../../api/problem';
import { queries } from '../../api/queries';
import type { HostTab } from '../../lib/search';
import { hostState, skewText } from '../../strings/en';
import { goneText } from '../../strings/en/govern/retention';
import { present } from '../../strings/en/present';
import { Banner, Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { PresentOnly } from '../../ui/PresentOnly';
import { Skeleton } from '../../ui/Skeleton';
import { HostStatus } from '../../ui/Status';
import { Ago, Stamp } from '../../ui/Time';
import { ActivityTab } from './ActivityTab';
import { ChangesTab } from './ChangesTab';
import { ComplianceTab } from './compliance/ComplianceTab';
import { DriftTab } from './DriftTab';
import { FactsTab } from './FactsTab';
import { HostDeeds } from './HostDeeds';
import { OverviewTab } from './OverviewTab';
import { ReleaseHost } from './ReleaseHost';
import { SettingsTab } from './SettingsTab';
import { Tabs } from './Tabs';

// Nobody else needs what draws the charts.
const MetricsTab = lazy(() =>
  import('./metrics/MetricsTab').then((module) => ({ default: module.MetricsTab })),
);

const route = getRouteApi('/signed-in/hosts/$id');

/** One host: what it is, what it was, what changed. */
export function HostPage() {
  const { id } = route.useParams();
  const { tab = 'overview' } = route.useSearch();
  const query = useQuery(queries.host(id));
  const host = query.data;

  if (!host) {
    if (query.isError) return <Missing id={id} error={query.error} retry={() => void query.refetch()} />;
    return (
      <Page title="Host" sub={' '}>
        <Skeleton lines={10} label="Loading the host" />
      </Page>
    );
  }

  const panels: Record<HostTab, () => ReactNode> = {
    overview: () => <OverviewTab host={host} />,
    compliance: () => <ComplianceTab host={host} />,
    facts: () => <FactsTab host={host} />,
    changes: () => <ChangesTab host={host} />,
    drift: () => <DriftTab host={host} />,
    activity: () => <ActivityTab host={host} />,
    metrics: () => (
      <Suspense fallback={<Skeleton lines={12} />}>
        <MetricsTab host={host} />
      </Suspense>
    ),
    settings: () => <SettingsTab id={host.id} />,
  };
  return (
    <Page
      fill={tab === 'facts'}
      title={host.hostname}
      sub={
        <>
          <HostStatus state={host.state} />
          <span>{host.os_name ?? 'Operating system not known yet'}</span>
          <span>Group {host.group}</span>
          <span>
            Since <Ago at={host.since} />
          </span>
        </>
      }
      actions={<HostDeeds host={host} />}
    >
      {tab === 'overview' && <PresentOnly what={present.host} />}
      <Trouble host={host} />
      <Tabs id={id} current={tab} />
      <div
        role="tabpanel"
        id="panel"
        aria-labelledby={`tab-${tab}`}
        className={tab === 'facts' ? 'panel fill' : 'panel'}
      >
        {panels[tab]()}
      </div>
    </Page>
  );
}

/** What keeps this host from being what is shown, above everything else. */
function Trouble({ host }: { host: HostDetail }) {
  return (
    <>
      {host.retired && (
        <Banner tone="stale">
          {goneText.retired(host.retired.by, host.retired.reason)} <Stamp at={host.retired.at} />
        </Banner>
      )}
      {host.revoked_at && !host.retired && (
        <Banner tone="fail">
          Revoked <Stamp at={host.revoked_at} />. It can no longer report; what is shown is what was known
          until then.
        </Banner>
      )}
      {host.quarantine && (
        <Banner tone="warn" action={host.state === 'quarantined' && <ReleaseHost host={host} />}>
          Quarantined: {host.quarantine}. That machine was refused.
        </Banner>
      )}
      {host.maintenance && (
        <Banner tone="stale">
          In maintenance
          {host.maintenance.until ? (
            <>
              {' '}
              until <Stamp at={host.maintenance.until} />
            </>
          ) : (
            ' until further notice'
          )}
          : {host.maintenance.reason}.
        </Banner>
      )}
      {host.clock_wrong && host.skew_ms !== null && (
        <Banner tone="warn">Its clock is wrong: {skewText(host.skew_ms)}.</Banner>
      )}
      {!['online', 'revoked', 'retired', 'quarantined'].includes(host.state) && (
        <Banner tone="stale">
          Not connected: {hostState[host.state].meaning.toLowerCase()}. What is shown is as of{' '}
          <Stamp at={host.last_seen_at} />.
        </Banner>
      )}
    </>
  );
}

function Missing({ id, error, retry }: { id: string; error: Error; retry: () => void }) {
  const gone = error instanceof Problem && (error.status === 404 || error.status === 400);
  return (
    <Page title={gone ? 'No such host' : 'Host'}>
      <section className="card">
        {gone ? (
          <Empty
            title="This collector knows no such host"
            action={
              <Link className="btn" to="/hosts">
                All hosts
              </Link>
            }
          >
            <code className="mono">{id}</code> may have been deleted, or belongs to another fleet.
          </Empty>
        ) : (
          <Failed what="The host did not load" error={error} retry={retry} />
        )}
      </section>
    </Page>
  );
}
