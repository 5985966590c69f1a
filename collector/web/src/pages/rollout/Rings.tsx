import { useQuery } from '@tanstack/react-query';
import type { RingProgress, RolloutDetail } from '../../api/client';
import { queries } from '../../api/queries';
import { durationText, plural, refusalText, rolloutState } from '../../strings/en';
import { Bar, type Part } from '../../ui/Bar';
import { Card } from '../../ui/Card';
import { Stamp } from '../../ui/Time';

type Ring = RolloutDetail['plan']['rings'][number];

/** The rings in their order, and how the hosts of each stand now. */
export function Rings({ rollout }: { rollout: RolloutDetail }) {
  return (
    <Card title="Rings" flush>
      <ol className="rings">
        {rollout.rings.map((progress, index) => {
          const ring = rollout.plan.rings[index];
          return (
            ring && (
              <li key={progress.name} data-open={progress.open || undefined}>
                <h3>
                  {progress.name} <Members ring={ring} hosts={progress.hosts} />
                </h3>
                <p className="why">
                  <Stage rollout={rollout} ring={ring} progress={progress} />
                </p>
                {progress.hosts > 0 && (
                  <Bar label={`Hosts of ring ${progress.name}`} parts={parts(progress)} />
                )}
                <Reasons progress={progress} />
              </li>
            )
          );
        })}
      </ol>
    </Card>
  );
}

function Members({ ring, hosts }: { ring: Ring; hosts: number }) {
  const group = 'group' in ring.hosts ? ring.hosts.group : null;
  const groups = useQuery({ ...queries.groups(), enabled: group !== null });
  const name = groups.data?.items.find((known) => known.id === group)?.name;
  return (
    <span className="muted">
      {'percent' in ring.hosts
        ? ring.hosts.percent === 100
          ? 'everybody else'
          : `up to ${ring.hosts.percent} % of the fleet`
        : `group ${name ?? group}`}
      , {plural(hosts, 'host')}
    </span>
  );
}

/** Where a ring stands in the order of things. */
function Stage({ rollout, ring, progress }: { rollout: RolloutDetail; ring: Ring; progress: RingProgress }) {
  if (!progress.open) return 'Not offered yet';
  if (rollout.ring !== ring.name || rollout.state === 'completed') return 'Done';
  if (rollout.state === 'what_if') return 'Tries it; nothing comes in force';
  if (rollout.state !== 'running') return `${rolloutState[rollout.state].word} here`;
  const took = ring.took_percent ?? 0;
  if (rollout.settled_at === null) return `Goes on when ${took} % of those that are heard of have it`;
  const until = Date.parse(rollout.settled_at) + 1000 * ring.soak_s;
  return (
    <>
      Enough have it since <Stamp at={rollout.settled_at} />; it is watched for {durationText(ring.soak_s)},
      until <Stamp at={new Date(until).toISOString()} />
    </>
  );
}

/** Why hosts refuse, by how many do. */
function Reasons({ progress }: { progress: RingProgress }) {
  const reasons = Object.entries(progress.reasons).sort(([, one], [, other]) => other - one);
  if (reasons.length === 0) return null;
  return (
    <ul className="why">
      {reasons.map(([reason, hosts]) => (
        <li key={reason}>
          {plural(hosts, 'host')}: {refusalText(reason).toLowerCase()}
        </li>
      ))}
    </ul>
  );
}

/** The hosts of a ring by how they stand, from done to not begun. */
export function parts(ring: RingProgress): Part[] {
  const offered = ring.open ? 'offered' : 'not offered yet';
  return [
    { name: 'in force', count: ring.in_force, tone: 'pass' },
    { name: 'tried', count: ring.tried, tone: 'accent' },
    { name: 'trying', count: ring.trying, tone: 'accent' },
    { name: 'fetching', count: ring.fetching, tone: 'accent' },
    { name: 'went back', count: ring.returned, tone: 'fail' },
    { name: 'refused', count: ring.refused, tone: 'fail' },
    { name: 'take no offers', count: ring.declined, tone: 'stale' },
    { name: 'not heard of', count: ring.silent, tone: 'stale' },
    { name: offered, count: ring.waiting, tone: 'rest' },
  ];
}
