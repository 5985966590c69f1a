import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { HostDetail } from '../../api/client';
import { hostDrifts } from '../../api/drift';
import { DRIFT_STATES } from '../../lib/search/decide';
import { Listing } from '../../parts/Listing';
import { Pick } from '../../parts/Pick';
import { drifting, driftWords } from '../../strings/en/decide';
import { DriftTable } from '../drift/DriftTable';

const route = getRouteApi('/signed-in/hosts/$id');

/** The stories of drift that this host is in. */
export function DriftTab({ host }: { host: HostDetail }) {
  const search = route.useSearch();
  const state = DRIFT_STATES.find((known) => known === search.state);
  const setView = route.useNavigate();
  const set = (next: string | undefined) => void setView({ search: (old) => ({ ...old, state: next }) });
  const list = useInfiniteQuery(hostDrifts(host.id, state));
  return (
    <section className="card" aria-label={drifting.title}>
      <header>
        <Pick
          label={drifting.state}
          value={state}
          all={drifting.all}
          options={DRIFT_STATES.map((value) => ({ value, word: driftWords.state[value].word }))}
          onChange={set}
        />
        <span className="grow" />
        <Link to="/compare" search={{ host: host.id }}>
          {drifting.compare}
        </Link>
        <Link to="/baselines" search={{ host: host.id }}>
          {drifting.baselines}
        </Link>
        <Link to="/exceptions" search={{ host: host.id, queue: 'all' }}>
          {drifting.exceptions}
        </Link>
      </header>
      <Listing
        list={list}
        words={drifting.words}
        filtered={state !== undefined}
        onClear={() => set(undefined)}
      >
        {(stories) => <DriftTable stories={stories} />}
      </Listing>
    </section>
  );
}
