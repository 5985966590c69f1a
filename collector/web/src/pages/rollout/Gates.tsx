import type { RolloutDetail } from '../../api/client';
import { plural } from '../../strings/en';
import { Card, Pair } from '../../ui/Card';

/** What is too much: a ring that is over one of these halts the rollout. */
export function Gates({ rollout }: { rollout: RolloutDetail }) {
  const { gates } = rollout.plan;
  if (!gates) return null;
  const most = (percent: number | undefined, of: string) =>
    percent === undefined ? null : `At most ${percent} % of ${of}`;
  const rows: [string, string | null][] = [
    ['Refused', most(gates.refused_percent, 'the hosts that answered')],
    ['Went back', most(gates.returned_percent, 'the hosts that answered')],
    ['New errors', most(gates.errors_percent, 'the results')],
    ['Turning', most(gates.swing_percent, 'the results')],
    [
      'Processor',
      gates.cpu_ms === undefined ? null : `At most ${gates.cpu_ms.toLocaleString('en')} ms a host`,
    ],
    [
      'Heard of',
      gates.least_hosts === undefined ? null : `At least ${plural(gates.least_hosts, 'host')} of a ring`,
    ],
  ];
  return (
    <Card title="Gates">
      <dl className="pairs">
        {rows.map(
          ([name, text]) =>
            text && (
              <Pair key={name} name={name}>
                {text}
              </Pair>
            ),
        )}
      </dl>
    </Card>
  );
}
