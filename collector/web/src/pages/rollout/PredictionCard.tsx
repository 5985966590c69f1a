import { useQuery } from '@tanstack/react-query';
import type { Prediction } from '../../api/client';
import { queries } from '../../api/queries';
import { plural, verdictText } from '../../strings/en';
import { Card } from '../../ui/Card';
import { Empty, Failed } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';

/** What the bundle would turn, as those found that tried it. */
export function PredictionCard({ id }: { id: string }) {
  const query = useQuery(queries.prediction(id));
  const content = () => {
    if (query.isError)
      return (
        <Failed what="The prediction did not load" error={query.error} retry={() => void query.refetch()} />
      );
    if (query.isPending) return <Skeleton lines={4} label="Loading the prediction" />;
    if (query.data.hosts === 0)
      return (
        <Empty title="No host has tried it yet">Each tries a bundle before it comes in force there.</Empty>
      );
    return <Turning prediction={query.data} />;
  };
  return (
    <Card title="What turns" flush>
      {content()}
    </Card>
  );
}

function Turning({ prediction }: { prediction: Prediction }) {
  const { hosts, fleet, results, turning, rules } = prediction;
  return (
    <>
      <p className="note">
        {plural(hosts, 'host')} of {fleet.toLocaleString('en')} tried it: of {plural(results, 'result')}{' '}
        {turning.toLocaleString('en')} {turning === 1 ? 'turns' : 'turn'}.
      </p>
      {rules.length > 0 && (
        <section className="scroll turning" aria-label="Results that turn" tabIndex={0}>
          <table className="plain">
            <thead>
              <tr>
                <th>Rule</th>
                <th>From</th>
                <th>To</th>
                <th className="right">Hosts</th>
                <th className="right">In the fleet, about</th>
              </tr>
            </thead>
            <tbody>
              {rules.map((change) => (
                <tr key={`${change.rule} ${change.from} ${change.to}`}>
                  <td>
                    <code className="mono">{change.rule}</code>
                  </td>
                  <td className="nowrap">{verdictText(change.from)}</td>
                  <td className="nowrap strong">{verdictText(change.to)}</td>
                  <td className="right num">{change.hosts.toLocaleString('en')}</td>
                  <td className="right num">{change.in_fleet.toLocaleString('en')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}
