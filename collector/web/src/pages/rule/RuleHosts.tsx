import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { RuleDetail } from '../../api/catalogue';
import { type FleetResult, posture, resultKey } from '../../api/posture';
import { STATUSES } from '../../lib/search/posture';
import { rule as text } from '../../strings/en/catalogue';
import { statusText } from '../../strings/en/verdict';
import { Button } from '../../ui/Button';
import { Empty, Failed } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { Status } from '../../ui/Status';
import { Ago } from '../../ui/Time';
import { Verdict } from '../../ui/Verdict';

const route = getRouteApi('/signed-in/rules/$id');

/** Who passes and who fails, and since when. Two can be held against each other. */
export function RuleHosts({ rule }: { rule: RuleDetail }) {
  const { status } = route.useSearch();
  const setView = route.useNavigate();
  const list = useInfiniteQuery(posture.ofRule(rule.id, status));
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const all = Object.values(rule.hosts).reduce((sum, count) => sum + count, 0);

  const content = () => {
    if (list.isError)
      return <Failed what={text.resultsFailed} error={list.error} retry={() => void list.refetch()} />;
    if (list.isPending) return <Skeleton lines={8} label={text.resultsLoading} />;
    if (items.length === 0)
      return status ? (
        <Empty
          title={text.noMatch}
          action={
            <Button onClick={() => void setView({ search: (old) => ({ ...old, status: undefined }) })}>
              {text.showAll}
            </Button>
          }
        />
      ) : (
        <Empty title={text.noResults} />
      );
    return (
      <>
        <section className="scroll" aria-label={text.list} tabIndex={0}>
          <table className="plain results">
            <thead>
              <tr>
                <th>{text.host}</th>
                <th>{text.verdict}</th>
                <th>{text.since}</th>
                <th>{text.compare}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <Row key={`${item.host.id} ${item.profile}`} item={item} />
              ))}
            </tbody>
          </table>
        </section>
        {list.hasNextPage && (
          <div className="more">
            <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              {text.more}
            </Button>
          </div>
        )}
      </>
    );
  };

  return (
    <section className="card" aria-label={text.hosts} aria-busy={list.isPlaceholderData}>
      <header>
        <nav className="segments" aria-label={text.hostsByVerdict}>
          {([undefined, ...STATUSES] as const)
            .filter((each) => !each || each === status || (rule.hosts[each] ?? 0) > 0)
            .map((each) => (
              <Link
                key={each ?? 'all'}
                to="/rules/$id"
                params={{ id: rule.id }}
                search={(old) => ({ ...old, status: each })}
                aria-current={each === status ? 'true' : undefined}
                data-active={each === status || undefined}
              >
                {each ? statusText[each].word : text.all}
                <span className="count num">
                  {(each ? (rule.hosts[each] ?? 0) : all).toLocaleString('en')}
                </span>
              </Link>
            ))}
        </nav>
        <span className="muted">{text.compareHint}</span>
      </header>
      {content()}
    </section>
  );
}

function Row({ item }: { item: FleetResult }) {
  const { a, b } = route.useSearch();
  const setView = route.useNavigate();
  const { id, hostname } = item.host;
  const chosen = id === a || id === b;
  const choose = () =>
    void setView({
      search: (old) => {
        if (chosen) return { ...old, a: id === a ? b : a, b: undefined };
        // A third takes the place of the second.
        return a ? { ...old, b: id } : { ...old, a: id };
      },
      resetScroll: false,
    });
  return (
    <tr>
      <td className="long">
        <Link
          className="name"
          to="/hosts/$id"
          params={{ id }}
          search={{ tab: 'compliance', status: 'all', result: resultKey(item) }}
        >
          {hostname}
        </Link>
        <div className="why">{item.because}</div>
      </td>
      <td>
        <Verdict status={item.status} /> {item.waived && <Status tone="exception" word={text.waived} />}
      </td>
      <td>
        <Ago at={item.valid_from} />
      </td>
      <td>
        <label className="check">
          <input type="checkbox" checked={chosen} onChange={choose} />
          <span className="sr">{text.compareHost(hostname)}</span>
        </label>
      </td>
    </tr>
  );
}
