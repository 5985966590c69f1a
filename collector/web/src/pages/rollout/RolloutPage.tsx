import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { RolloutDetail } from '../../api/client';
import { Problem } from '../../api/problem';
import { queries } from '../../api/queries';
import { rolloutState } from '../../strings/en';
import { Banner, Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { RolloutStatus } from '../../ui/Status';
import { Ago } from '../../ui/Time';
import { Gates } from './Gates';
import { PredictionCard } from './PredictionCard';
import { Rings } from './Rings';
import { Steering } from './Steering';
import { Story } from './Story';

const route = getRouteApi('/signed-in/rollouts/$id');

/** One rollout: how far it has come, what it would turn, and what happened to it. */
export function RolloutPage() {
  const { id } = route.useParams();
  const query = useQuery(queries.rollout(id));
  const rollout = query.data;

  if (!rollout) {
    if (query.isError) return <Missing id={id} error={query.error} retry={() => void query.refetch()} />;
    return (
      <Page title="Rollout" sub={' '}>
        <Skeleton lines={10} label="Loading the rollout" />
      </Page>
    );
  }
  return (
    <Page
      title={`Rollout of bundle ${rollout.serial}`}
      sub={
        <>
          <RolloutStatus state={rollout.state} />
          {rollout.before !== null && <span>After bundle {rollout.before}</span>}
          <span>
            Begun <Ago at={rollout.created_at} /> by {rollout.created_by}
          </span>
        </>
      }
      actions={<Steering rollout={rollout} />}
    >
      <Standing rollout={rollout} />
      <div className="columns">
        <div className="stack">
          <Rings rollout={rollout} />
          <PredictionCard id={id} />
        </div>
        <div className="stack">
          <Story id={id} />
          <Gates rollout={rollout} />
        </div>
      </div>
    </Page>
  );
}

/** What asks for somebody's attention, above everything else. */
function Standing({ rollout }: { rollout: RolloutDetail }) {
  const { state, back } = rollout;
  const alarms = rollout.rings.filter((ring) => ring.alarm !== null);
  const tone = state === 'halted' ? 'fail' : 'warn';
  const { word, meaning } = rolloutState[state];
  // Why it halted says more than that it did.
  const isTold =
    state === 'paused' || state === 'rolling_back' || (state === 'halted' && alarms.length === 0);
  return (
    <>
      {isTold && (
        <Banner tone={tone}>
          {word}: {meaning.toLowerCase()}.{back !== null && ` That is bundle ${back}.`}
        </Banner>
      )}
      {alarms.map((ring) => (
        <Banner key={ring.name} tone={tone}>
          Ring {ring.name}: {ring.alarm}.
        </Banner>
      ))}
    </>
  );
}

function Missing({ id, error, retry }: { id: string; error: Error; retry: () => void }) {
  const gone = error instanceof Problem && (error.status === 404 || error.status === 400);
  return (
    <Page title={gone ? 'No such rollout' : 'Rollout'}>
      <section className="card">
        {gone ? (
          <Empty
            title="This collector knows no such rollout"
            action={
              <Link className="btn" to="/rollouts">
                All rollouts
              </Link>
            }
          >
            <code className="mono">{id}</code>
          </Empty>
        ) : (
          <Failed what="The rollout did not load" error={error} retry={retry} />
        )}
      </section>
    </Page>
  );
}
