import { useQuery } from '@tanstack/react-query';
import type { HostDetail } from '../../../api/client';
import { posture } from '../../../api/posture';
import { useAt } from '../../../lib/at';
import { useMay } from '../../../lib/may';
import { compliance as text } from '../../../strings/en/compliance';
import { Empty, Failed } from '../../../ui/Notice';
import { Skeleton } from '../../../ui/Skeleton';
import { EvidenceDrawer } from './EvidenceDrawer';
import { LensesCard } from './LensesCard';
import { ResultsCard } from './ResultsCard';
import { ScoreCard } from './ScoreCard';

/** Whether the host is as it has to be, and how one knows. */
export function ComplianceTab({ host }: { host: HostDetail }) {
  const may = useMay();
  const at = useAt();
  const standing = useQuery({ ...posture.host(host.id, at), enabled: may('results.read') });
  if (!may('results.read'))
    return (
      <section className="card">
        <Empty title={text.noPermission}>{text.noPermissionWhy}</Empty>
      </section>
    );

  const top = () => {
    if (standing.isError)
      return (
        <section className="card">
          <Failed what={text.postureFailed} error={standing.error} retry={() => void standing.refetch()} />
        </section>
      );
    if (standing.isPending)
      return (
        <section className="card">
          <Skeleton lines={5} />
        </section>
      );
    const all = standing.data.lenses.find((lens) => lens.sort === 'all');
    if (!all) return null;
    return (
      <div className="columns">
        <ScoreCard host={host} all={all} at={at} />
        <LensesCard id={host.id} lenses={standing.data.lenses} />
      </div>
    );
  };
  return (
    <div className="stack wide-gaps">
      {top()}
      <ResultsCard host={host} at={at} lenses={standing.data?.lenses ?? []} />
      <EvidenceDrawer host={host} at={at} />
    </div>
  );
}
