import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { mapHosts, mapPlaces } from '../../api/map';
import { useAt } from '../../lib/at';
import { useMay } from '../../lib/may';
import { MAP_GROUPINGS, STANDINGS } from '../../lib/search/posture';
import { map as text } from '../../strings/en/catalogue';
import { standingText } from '../../strings/en/verdict';
import { Button } from '../../ui/Button';
import { NoPermission } from '../../ui/NoPermission';
import { Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { countAll, groupHosts } from './groups';
import { HostMap } from './HostMap';
import { MapTable } from './MapTable';

const route = getRouteApi('/signed-in/posture');

/** Where the damage is: one cell for each host. */
export function MapPage() {
  const { by = 'group', show } = route.useSearch();
  const setView = route.useNavigate();
  const at = useAt();
  const may = useMay();
  const allowed = may('results.read');
  const hosts = useQuery({ ...mapHosts(at), enabled: allowed });
  const places = useQuery({ ...mapPlaces(), enabled: allowed && may('hosts.read') });
  const groups = useMemo(
    () => (hosts.data && places.data ? groupHosts(hosts.data, places.data, by) : []),
    [hosts.data, places.data, by],
  );
  const drawn = useMemo(
    () =>
      show
        ? groups
            .map((group) => ({ ...group, cells: group.cells.filter((cell) => cell.standing === show) }))
            .filter((group) => group.cells.length > 0)
        : groups,
    [groups, show],
  );
  if (!allowed)
    return (
      <NoPermission page={text.title} title={text.noPermission}>
        {text.noPermissionWhy}
      </NoPermission>
    );

  const all = hosts.data && countAll(hosts.data);
  const failed = hosts.error ?? places.error;
  const content = () => {
    if (failed)
      return (
        <Failed
          what={text.failed}
          error={failed}
          retry={() => {
            void hosts.refetch();
            void places.refetch();
          }}
        />
      );
    if (!hosts.data || !places.data) return <Skeleton lines={12} label={text.loading} />;
    if (groups.length === 0)
      return <Empty title={at ? text.noneThen : text.none}>{at ? null : text.noneWhy}</Empty>;
    if (drawn.length === 0)
      return (
        <Empty
          title={text.noMatch}
          action={
            <Button onClick={() => void setView({ search: (old) => ({ ...old, show: undefined }) })}>
              {text.clear}
            </Button>
          }
        />
      );
    return <HostMap groups={drawn} />;
  };

  return (
    <Page
      title={text.title}
      sub={
        <span className="num" role="status">
          {hosts.data ? text.sub(hosts.data.length) : ' '}
        </span>
      }
      actions={
        <nav className="segments" aria-label={text.by}>
          {MAP_GROUPINGS.map((each) => (
            <Link
              key={each}
              to="/posture"
              search={{ show, by: each === 'group' ? undefined : each }}
              aria-current={each === by ? 'true' : undefined}
              data-active={each === by || undefined}
            >
              {each === 'group' ? text.byGroup : text.byOs}
            </Link>
          ))}
        </nav>
      }
    >
      <section className="card" aria-label={text.title}>
        <header>
          <nav className="segments legend-map" aria-label={text.legend}>
            {([undefined, ...STANDINGS] as const).map((each) => (
              <Link
                key={each ?? 'all'}
                to="/posture"
                search={{ by: by === 'group' ? undefined : by, show: each }}
                aria-current={each === show ? 'true' : undefined}
                data-active={each === show || undefined}
                title={each && standingText[each].meaning}
              >
                {each && <i data-cell={each} aria-hidden="true" />}
                {each ? standingText[each].word : text.all}
                {all && (
                  <span className="count num">
                    {(each ? all[each] : (hosts.data?.length ?? 0)).toLocaleString('en')}
                  </span>
                )}
              </Link>
            ))}
          </nav>
        </header>
        {content()}
      </section>
      {groups.length > 0 && <MapTable groups={groups} hosts={hosts.data ?? []} by={by} />}
      {/* Below what takes its place when it comes: nothing that is read already is moved by it. */}
      {(failed || (hosts.data && places.data)) && (
        <ul className="why meanings">
          {STANDINGS.map((each) => (
            <li key={each}>
              <strong>{standingText[each].word}</strong>: {standingText[each].meaning}.
            </li>
          ))}
          {by === 'group' && <li>{text.several}</li>}
          {at && <li>{text.groupsNow}</li>}
        </ul>
      )}
    </Page>
  );
}
