import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { type FailingRule, posture } from '../../api/posture';
import { queries } from '../../api/queries';
import { useAt } from '../../lib/at';
import { useMay } from '../../lib/may';
import { findings as text } from '../../strings/en/catalogue';
import { Button } from '../../ui/Button';
import { LensSelect } from '../../ui/LensSelect';
import { NoPermission } from '../../ui/NoPermission';
import { Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Severity } from '../../ui/Severity';
import { Skeleton } from '../../ui/Skeleton';

const route = getRouteApi('/signed-in/findings');
/** As many as the API gives. */
const MOST = 100;

/** Which failing rules concern most hosts. */
export function FindingsPage() {
  const { group, framework, profile } = route.useSearch();
  const setView = route.useNavigate();
  const at = useAt();
  const may = useMay();
  const allowed = may('results.read');
  const list = useQuery({
    ...posture.failing({ group, framework, profile, at }, MOST),
    enabled: allowed,
  });
  const groups = useQuery({ ...queries.groups(), enabled: may('groups.read') });
  if (!allowed)
    return (
      <NoPermission page={text.title} title={text.noPermission}>
        {text.noPermissionWhy}
      </NoPermission>
    );
  const items = list.data?.items ?? [];
  const filtered = group !== undefined || framework !== undefined || profile !== undefined;
  const clear = () =>
    void setView({
      search: (old) => ({ ...old, group: undefined, framework: undefined, profile: undefined }),
    });

  const content = () => {
    if (list.isError)
      return <Failed what={text.failed} error={list.error} retry={() => void list.refetch()} />;
    if (list.isPending) return <Skeleton lines={12} label={text.loading} />;
    if (items.length === 0)
      return filtered ? (
        <Empty title={text.noMatch} action={<Button onClick={clear}>{text.clear}</Button>}>
          {text.noMatchWhy}
        </Empty>
      ) : (
        <Empty title={text.none}>{text.noneWhy}</Empty>
      );
    return (
      <section className="scroll" aria-label={text.list} tabIndex={0}>
        <table className="plain">
          <thead>
            <tr>
              <th>{text.rule}</th>
              <th>{text.severity}</th>
              <th className="right">{text.hosts}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <Row key={item.rule} item={item} />
            ))}
          </tbody>
        </table>
      </section>
    );
  };

  return (
    <Page
      title={text.title}
      sub={
        <span role="status" className="num">
          {list.data ? text.count(items.length, MOST) : text.sub}
        </span>
      }
    >
      <section className="card" aria-label={text.title} aria-busy={list.isPlaceholderData}>
        <header>
          {groups.data && (
            <label className="select">
              <span>{text.group}</span>
              <select
                value={group ?? ''}
                onChange={({ target }) =>
                  void setView({ search: (old) => ({ ...old, group: target.value || undefined }) })
                }
              >
                <option value="">{text.allGroups}</option>
                {group && !groups.data.items.some(({ id }) => id === group) && (
                  <option value={group}>{group.slice(0, 8)}</option>
                )}
                {groups.data.items.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
          )}
          <LensSelect
            label={text.lens}
            none={text.allRules}
            value={{ framework, profile }}
            onChange={(lens) => void setView({ search: (old) => ({ ...old, ...lens }) })}
          />
          {filtered && (
            <Button look="ghost" onClick={clear}>
              {text.clear}
            </Button>
          )}
        </header>
        {content()}
      </section>
    </Page>
  );
}

function Row({ item }: { item: FailingRule }) {
  return (
    <tr>
      <td className="long">
        <Link className="name" to="/rules/$id" params={{ id: item.rule }} search={{ status: 'fail' }}>
          {item.title ?? text.unnamed}
        </Link>
        <div className="why mono">{item.rule}</div>
      </td>
      <td>{item.severity && <Severity level={item.severity} />}</td>
      <td className="right num strong">{item.hosts.toLocaleString('en')}</td>
    </tr>
  );
}
