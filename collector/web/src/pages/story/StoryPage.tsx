import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { drift, type WholeDrift } from '../../api/drift';
import { Problem } from '../../api/problem';
import { Denied } from '../../parts/Listing';
import { kindName } from '../../strings/en';
import { drifting, driftWords, story } from '../../strings/en/decide';
import { Card, Pair } from '../../ui/Card';
import { Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Severity } from '../../ui/Severity';
import { Skeleton } from '../../ui/Skeleton';
import { Ago, Stamp, StampAgo } from '../../ui/Time';
import { Direction, DriftStatus } from '../drift/DriftStatus';
import { Changes } from './Changes';
import { Judge } from './Judge';

const route = getRouteApi('/signed-in/drift/$id');

/** One story of drift: what each host was and is, what explains it, and what somebody said of it. */
export function StoryPage() {
  const { id } = route.useParams();
  const query = useQuery(drift(id));
  const whole = query.data;
  if (!whole) {
    if (query.isError) return <Missing id={id} error={query.error} retry={() => void query.refetch()} />;
    return (
      <Page title={story.title} sub={' '}>
        <Skeleton lines={12} label={story.loading} />
      </Page>
    );
  }
  return (
    <Page
      title={whole.title}
      sub={
        <>
          <DriftStatus state={whole.state} />
          <Severity level={whole.severity} />
          <span className="num">{drifting.hosts(whole.hosts)}</span>
          <span>
            {story.last} <Ago at={whole.last_at} />
          </span>
        </>
      }
      actions={<Judge whole={whole} />}
    >
      <div className="columns">
        <Changes changes={whole.about} ofResults={whole.rule !== null} />
        <Facts whole={whole} />
      </div>
    </Page>
  );
}

function Facts({ whole }: { whole: WholeDrift }) {
  return (
    <Card title={story.facts}>
      <dl className="pairs">
        <Pair name={drifting.state}>
          {driftWords.state[whole.state].meaning}
          {whole.acknowledged !== null && (
            <>
              <div className="strong">{story.acknowledged(whole.acknowledged.by)}</div>
              <div className="muted">
                <StampAgo at={whole.acknowledged.at} />
              </div>
              <p className="said-note">{whole.acknowledged.note}</p>
            </>
          )}
        </Pair>
        <Pair name={drifting.sort}>{driftWords.sort[whole.sort].meaning}</Pair>
        <Pair name={story.level}>
          {driftWords.level[whole.level]} <span className="muted">{story.levelWhy}</span>
        </Pair>
        <Pair name={story.direction}>
          <Direction direction={whole.direction} />
        </Pair>
        <Pair name={story.subject}>
          {whole.rule ? (
            <Link className="mono" to="/rules/$id" params={{ id: whole.rule }}>
              {whole.subject}
            </Link>
          ) : (
            <code className="mono">{whole.subject}</code>
          )}{' '}
          <span className="muted">{kindName(whole.kind)}</span>
        </Pair>
        <Pair name={story.code}>
          <code className="mono">{whole.code}</code>
        </Pair>
        <Pair name={story.first}>
          <Stamp at={whole.first_at} />
        </Pair>
        <Pair name={story.last}>
          <Stamp at={whole.last_at} />
        </Pair>
      </dl>
    </Card>
  );
}

function Missing({ id, error, retry }: { id: string; error: Error; retry: () => void }) {
  const status = error instanceof Problem ? error.status : 0;
  const gone = status === 404 || status === 400;
  return (
    <Page title={gone ? story.gone : story.title}>
      <section className="card">
        {gone && (
          <Empty
            title={story.goneWhy}
            action={
              <Link className="btn" to="/drift">
                {story.all}
              </Link>
            }
          >
            <code className="mono">{id}</code>
          </Empty>
        )}
        {status === 403 && <Denied permission="drift.read" />}
        {!gone && status !== 403 && <Failed what={story.failed} error={error} retry={retry} />}
      </section>
    </Page>
  );
}
