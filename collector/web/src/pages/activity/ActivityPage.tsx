import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { queries } from '../../api/queries';
import { useAt } from '../../lib/at';
import { usePrefs } from '../../lib/prefs';
import type { ActivityView } from '../../lib/search/decide';
import { stamp } from '../../lib/time';
import { Chips } from '../../parts/Chips';
import { useGroupName, useHostName } from '../../parts/names';
import { Pick } from '../../parts/Pick';
import { happenings, lists } from '../../strings/en/decide';
import { Page } from '../../ui/Page';
import { Feed } from './Feed';
import { FeedFilters } from './FeedFilters';

const route = getRouteApi('/signed-in/activity');

/** One feed of all that happens in the fleet. */
export function ActivityPage() {
  const { at: _, ...view } = route.useSearch();
  const at = useAt();
  const setView = route.useNavigate();
  const groups = useQuery(queries.groups());
  const { zone } = usePrefs();
  const set = (part: Partial<ActivityView>, replace = false) =>
    void setView({ search: (old) => ({ ...old, ...part }), replace });
  const clear = () => void setView({ search: ({ at }) => ({ at }) });
  const host = useHostName(view.host);
  const group = useGroupName(view.group);
  const words: [keyof ActivityView, string, string | undefined][] = [
    ['q', happenings.text, view.q],
    ['source', happenings.source, view.source && happenings.sources[view.source]],
    ['severity', lists.severity, view.severity && lists.atLeast(view.severity)],
    ['host', lists.host, host],
    ['group', lists.group, group],
    ['since', lists.since, view.since && stamp(view.since, zone)],
    ['until', lists.until, view.until && stamp(view.until, zone)],
  ];
  const chips = words.flatMap(([id, name, value]) =>
    value === undefined ? [] : [{ id, name, value, onRemove: () => set({ [id]: undefined }) }],
  );
  // Of the past is what had happened by then.
  const asked = { ...view, until: view.until ?? at };

  return (
    <Page title={happenings.title} sub={happenings.sub}>
      <section className="card" aria-label={happenings.title}>
        <header>
          <FeedFilters view={view} set={set} />
          <Pick
            label={lists.group}
            value={view.group}
            all={happenings.all}
            options={(groups.data?.items ?? []).map(({ id, name }) => ({ value: id, word: name }))}
            onChange={(id) => set({ group: id })}
          />
          <Chips chips={chips} onClear={clear} />
        </header>
        <Feed view={asked} filtered={chips.length > 0} onClear={clear} />
      </section>
    </Page>
  );
}
