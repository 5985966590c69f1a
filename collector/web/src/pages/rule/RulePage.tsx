import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { catalogue } from '../../api/catalogue';
import { Problem } from '../../api/problem';
import { rule as text } from '../../strings/en/catalogue';
import { Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { PresentOnly } from '../../ui/PresentOnly';
import { Severity } from '../../ui/Severity';
import { Skeleton } from '../../ui/Skeleton';
import { AboutRule } from './AboutRule';
import { Compare } from './Compare';
import { RuleHosts } from './RuleHosts';

const route = getRouteApi('/signed-in/rules/$id');

/** One rule: what it demands and why, and which hosts pass it. */
export function RulePage() {
  const { id } = route.useParams();
  const query = useQuery(catalogue.rule(id));
  const rule = query.data;
  if (!rule) {
    if (!query.isError)
      return (
        <Page title={text.title} sub={' '}>
          <Skeleton lines={10} label={text.loading} />
        </Page>
      );
    const gone = query.error instanceof Problem && query.error.status === 404;
    return (
      <Page title={gone ? text.gone : text.title}>
        <section className="card">
          {gone ? (
            <Empty
              title={text.goneTitle}
              action={
                <Link className="btn" to="/rules">
                  {text.allRules}
                </Link>
              }
            >
              <code className="mono">{id}</code>. {text.goneWhy}
            </Empty>
          ) : (
            <Failed what={text.failed} error={query.error} retry={() => void query.refetch()} />
          )}
        </section>
      </Page>
    );
  }
  return (
    <Page
      title={rule.title}
      sub={
        <>
          <Severity level={rule.severity} />
          <code className="mono">{rule.id}</code>
          <span>
            {text.category} {rule.category}
          </span>
        </>
      }
    >
      <PresentOnly what={text.results} />
      <Compare rule={rule.id} />
      <div className="columns">
        <RuleHosts rule={rule} />
        <AboutRule rule={rule} />
      </div>
    </Page>
  );
}
