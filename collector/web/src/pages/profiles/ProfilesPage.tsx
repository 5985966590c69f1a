import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { catalogue, type Profile } from '../../api/catalogue';
import { posture } from '../../api/posture';
import { useAt } from '../../lib/at';
import { useMay } from '../../lib/may';
import { rules as common, profiles as text } from '../../strings/en/catalogue';
import { Card } from '../../ui/Card';
import { NoPermission } from '../../ui/NoPermission';
import { Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Score } from '../../ui/Score';
import { Skeleton } from '../../ui/Skeleton';

const route = getRouteApi('/signed-in/profiles');

/** What hosts can be held to, and how those that are stand. */
export function ProfilesPage() {
  const { profile: key } = route.useSearch();
  const at = useAt();
  const may = useMay();
  const list = useQuery({ ...catalogue.profiles(), enabled: may('rules.read') });
  const lenses = useQuery({ ...posture.lenses({ at }), enabled: may('results.read') });
  if (!may('rules.read'))
    return (
      <NoPermission page={text.title} title={common.noPermission}>
        {common.noPermissionWhy}
      </NoPermission>
    );
  const chosen = list.data?.items.find((profile) => profile.key === key);

  const content = () => {
    if (list.isError)
      return <Failed what={text.failed} error={list.error} retry={() => void list.refetch()} />;
    if (list.isPending) return <Skeleton lines={12} label={text.loading} />;
    if (list.data.items.length === 0) return <Empty title={text.none}>{text.noneWhy}</Empty>;
    return (
      <section className="scroll" aria-label={text.list} tabIndex={0}>
        <table className="plain">
          <thead>
            <tr>
              <th>{text.profile}</th>
              <th>{text.framework}</th>
              <th>{text.levels}</th>
              <th className="right">{text.rules}</th>
              {may('results.read') && <th className="right">{text.hosts}</th>}
              {may('results.read') && <th className="right">{text.score}</th>}
            </tr>
          </thead>
          <tbody>
            {list.data.items.map((profile) => {
              const lens = lenses.data?.lenses.find(
                (each) => each.sort === 'profile' && each.key === profile.key,
              );
              return (
                <tr key={profile.key}>
                  <td className="long">
                    <Link
                      className="name"
                      to="/profiles"
                      search={{ profile: profile.key }}
                      aria-current={profile.key === key ? 'true' : undefined}
                    >
                      {profile.title}
                    </Link>
                    <div className="why mono">{profile.key}</div>
                  </td>
                  <td>
                    <Link className="mono" to="/frameworks/$key" params={{ key: profile.framework }}>
                      {profile.framework}
                    </Link>
                  </td>
                  <td className="nowrap">{profile.levels.join(', ') || text.allLevels}</td>
                  <td className="right num">{profile.rules.length.toLocaleString('en')}</td>
                  {may('results.read') && (
                    <td className="right num">{lens ? lens.counted.toLocaleString('en') : '–'}</td>
                  )}
                  {may('results.read') && (
                    <td className="right">
                      <Score of={lens?.score} />
                    </td>
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    );
  };
  return (
    <Page title={text.title} sub={text.sub}>
      {chosen && <Chosen profile={chosen} />}
      {key && list.data && !chosen && (
        <section className="card">
          <Empty title={text.gone}>
            <code className="mono">{key}</code>
          </Empty>
        </section>
      )}
      <section className="card" aria-label={text.title}>
        {content()}
      </section>
    </Page>
  );
}

function Chosen({ profile }: { profile: Profile }) {
  return (
    <Card
      title={text.rulesOf(profile.title)}
      aside={
        <div className="actions">
          <Link className="btn" to="/findings" search={{ profile: profile.key }}>
            {text.findings}
          </Link>
          <Link className="btn" to="/rules" search={{ profile: profile.key }}>
            {text.ruleList}
          </Link>
          <Link className="btn ghost" to="/profiles">
            {text.close}
          </Link>
        </div>
      }
    >
      <ul className="ids">
        {profile.rules.map((rule) => (
          <li key={rule}>
            <Link className="mono" to="/rules/$id" params={{ id: rule }}>
              {rule}
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}
