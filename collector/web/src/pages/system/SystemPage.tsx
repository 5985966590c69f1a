import { useQuery } from '@tanstack/react-query';
import { queries } from '../../api/queries';
import { system } from '../../api/system';
import { useMay } from '../../lib/may';
import { systemText } from '../../strings/en/govern/system';
import { Card, Pair } from '../../ui/Card';
import { CopyLine } from '../../ui/CopyLine';
import { NotLoaded } from '../../ui/Listing';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { HostStates } from './HostStates';
import { JobsCard } from './JobsCard';
import { WaitingCard } from './WaitingCard';

/** Is the collector healthy, and what does it wait for? */
export function SystemPage() {
  const may = useMay();
  const t = systemText;
  return (
    <Page title={t.title} sub={t.sub}>
      <div className="columns">
        <div className="stack">
          {may('hosts.read') && <HostStates />}
          {may('channels.read') && <JobsCard />}
          {may('channels.read') && <WaitingCard />}
        </div>
        <div className="stack">
          <Collector />
          <Authority />
        </div>
      </div>
    </Page>
  );
}

function Collector() {
  const may = useMay();
  const info = useQuery(queries.info());
  const mode = useQuery({ ...queries.contentMode(), enabled: may('rules.read') });
  const t = systemText;
  return (
    <Card title={t.collector}>
      {info.isError && <NotLoaded what={t.what} error={info.error} retry={info.refetch} />}
      {info.isPending && <Skeleton lines={3} />}
      {info.data && (
        <dl className="pairs">
          <Pair name={t.version}>
            <span className="num">{info.data.version}</span>
          </Pair>
          <Pair name={t.agents}>
            <code className="mono">{info.data.agents_address}</code>
          </Pair>
          {mode.data && <Pair name={t.content}>{mode.data.one_machine ? t.oneMachine : t.published}</Pair>}
          <Pair name={t.measures}>
            <a href="/metrics" target="_blank" rel="noreferrer">
              {t.metrics}
            </a>
          </Pair>
        </dl>
      )}
    </Card>
  );
}

function Authority() {
  const query = useQuery(system.authority());
  const t = systemText;
  return (
    <Card title={t.authority}>
      {query.isError && (
        <NotLoaded what={t.authority.toLowerCase()} error={query.error} retry={query.refetch} />
      )}
      {query.isPending && <Skeleton lines={3} />}
      {query.data && (
        <div className="stack">
          <p className="muted">{t.authorityWhy}</p>
          <h3>{t.fingerprint}</h3>
          <CopyLine text={query.data.fingerprint} label={t.fingerprint} />
          <h3>{t.certificate}</h3>
          <CopyLine text={query.data.certificate_pem} label={t.certificate} />
        </div>
      )}
    </Card>
  );
}
