import { Link } from '@tanstack/react-router';
import type { Host } from '../../api/client';
import { useHostCounts } from '../../api/system';
import { hostState } from '../../strings/en';
import { systemText } from '../../strings/en/govern/system';
import { Card } from '../../ui/Card';
import { NotLoaded } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { HostStatus } from '../../ui/Status';

const STATES = Object.keys(hostState) as Host['state'][];

/** How the hosts stand, counted by the collector. */
export function HostStates() {
  const { counts, isPending, error, refetch } = useHostCounts(STATES);
  const t = systemText;
  const content = () => {
    if (error) return <NotLoaded what={t.whatHosts} error={error} retry={refetch} />;
    if (isPending) return <Skeleton lines={4} />;
    const shown = counts.filter(({ count }) => count > 0);
    if (shown.length === 0) return <Empty title={t.noHosts} />;
    return (
      <table className="plain">
        <tbody>
          {shown.map(({ state, count }) => (
            <tr key={state}>
              <td>
                <HostStatus state={state} />
              </td>
              <td className="muted">{hostState[state].meaning}</td>
              <td className="right num">{count.toLocaleString('en')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    );
  };
  return (
    <Card title={t.hosts} flush aside={<Link to="/hosts">{t.allHosts}</Link>}>
      {content()}
    </Card>
  );
}
