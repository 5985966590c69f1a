import { getRouteApi } from '@tanstack/react-router';
import type { HostDetail } from '../../api/client';
import { SEVERITIES } from '../../lib/search';
import { ACTIVITY_SOURCES, type ActivityView } from '../../lib/search/decide';
import { happenings } from '../../strings/en/decide';
import { Feed } from '../activity/Feed';
import { FeedFilters } from '../activity/FeedFilters';

const route = getRouteApi('/signed-in/hosts/$id');

/** What happened on this host, to it and because of it. */
export function ActivityTab({ host }: { host: HostDetail }) {
  const { q, source, severity, since, until, at } = route.useSearch();
  const setView = route.useNavigate();
  const view: ActivityView = {
    q,
    source: ACTIVITY_SOURCES.find((known) => known === source),
    severity: SEVERITIES.find((known) => known === severity),
    since,
    until,
  };
  const set = (part: Partial<ActivityView>, replace = false) =>
    void setView({ search: (old) => ({ ...old, ...part }), replace });
  const clear = () =>
    set({ q: undefined, source: undefined, severity: undefined, since: undefined, until: undefined });
  return (
    <section className="card" aria-label={happenings.title}>
      <header>
        <FeedFilters view={view} set={set} />
      </header>
      <Feed
        ofHost
        view={{ ...view, until: until ?? at, host: host.id }}
        filtered={Object.values(view).some((value) => value !== undefined)}
        onClear={clear}
      />
    </section>
  );
}
