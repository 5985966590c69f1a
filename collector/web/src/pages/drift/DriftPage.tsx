import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { drifts } from '../../api/drift';
import { useAt } from '../../lib/at';
import { usePrefs } from '../../lib/prefs';
import type { DriftView } from '../../lib/search/decide';
import { stamp } from '../../lib/time';
import { type Chip, Chips } from '../../parts/Chips';
import { Listing } from '../../parts/Listing';
import { useGroupName, useHostName } from '../../parts/names';
import { kindName } from '../../strings/en';
import { drifting, driftWords, lists } from '../../strings/en/decide';
import { Banner } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { DriftFilters } from './DriftFilters';
import { DriftTable } from './DriftTable';

const route = getRouteApi('/signed-in/drift');

/** What of hosts is no longer as it was, as stories: the same thing on many hosts is one. */
export function DriftPage() {
  const { at: _, ...view } = route.useSearch();
  const at = useAt();
  const setView = route.useNavigate();
  const set = (part: Partial<DriftView>, replace = false) =>
    void setView({ search: (old) => ({ ...old, ...part }), replace });
  const clear = () => void setView({ search: ({ at }) => ({ at }) });
  // Of the past are the stories that had begun by then.
  const list = useInfiniteQuery(drifts({ ...view, until: view.until ?? at }));
  const chips = useChips(view, set);

  return (
    <Page title={drifting.title} sub={drifting.sub}>
      {at && <Banner tone="warn">{drifting.past}</Banner>}
      <section className="card" aria-label={drifting.title}>
        <header>
          <DriftFilters view={view} set={set} />
          <Chips chips={chips} onClear={clear} />
        </header>
        <Listing list={list} words={drifting.words} filtered={chips.length > 0} onClear={clear}>
          {(stories) => <DriftTable stories={stories} />}
        </Listing>
      </section>
    </Page>
  );
}

function useChips(view: DriftView, set: (part: Partial<DriftView>) => void): Chip[] {
  const { zone } = usePrefs();
  const host = useHostName(view.host);
  const group = useGroupName(view.group);
  const words: [keyof DriftView, string, string | undefined][] = [
    ['q', drifting.searched, view.q],
    ['state', drifting.state, view.state && driftWords.state[view.state].word],
    ['sort', drifting.sort, view.sort && driftWords.sort[view.sort].word],
    ['level', drifting.level, view.level && driftWords.level[view.level]],
    ['direction', drifting.direction, view.direction && driftWords.direction[view.direction]],
    ['severity', lists.severity, view.severity && lists.atLeast(view.severity)],
    ['host', lists.host, host],
    ['group', lists.group, group],
    ['rule', drifting.rule, view.rule],
    ['kind', drifting.kind, view.kind && kindName(view.kind)],
    ['since', lists.since, view.since && stamp(view.since, zone)],
    ['until', lists.until, view.until && stamp(view.until, zone)],
  ];
  return words.flatMap(([id, name, value]) =>
    value === undefined ? [] : [{ id, name, value, onRemove: () => set({ [id]: undefined }) }],
  );
}
