import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Problem } from '../../api/problem';
import { type WholeWaiver, waiver as waiverQuery } from '../../api/waivers';
import { Denied } from '../../parts/Listing';
import { exception, exceptions } from '../../strings/en/decide';
import { Card, Pair } from '../../ui/Card';
import { Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { Ago, StampAgo } from '../../ui/Time';
import { About } from './About';
import { Deeds } from './Deeds';
import { Effect } from './Effect';
import { History } from './History';
import { WaiverStatus } from './WaiverStatus';
import { Why } from './Why';

const route = getRouteApi('/signed-in/exceptions/$id');

/** One exception: what it is for, why, until when, what it makes of the score, and who said what of it. */
export function ExceptionPage() {
  const { id } = route.useParams();
  const query = useQuery(waiverQuery(id));
  const waiver = query.data;

  if (!waiver) {
    if (query.isError) return <Missing id={id} error={query.error} retry={() => void query.refetch()} />;
    return (
      <Page title={exception.title} sub={' '}>
        <Skeleton lines={12} label={exception.loading} />
      </Page>
    );
  }
  const { rule, framework, control } = waiver;
  return (
    <Page
      title={
        rule === null ? exception.controlTitle(framework ?? '', control ?? '') : exception.ruleTitle(rule)
      }
      sub={
        <>
          <WaiverStatus state={waiver.state} />
          <span>{waiver.scope_name || exceptions.fleet}</span>
          <span>
            {exception.asked} <Ago at={waiver.requested_at} /> {exception.by(waiver.requested_by)}
          </span>
        </>
      }
      actions={<Deeds waiver={waiver} />}
    >
      <div className="columns">
        <div className="stack">
          <Why waiver={waiver} />
          <About waiver={waiver} />
        </div>
        <div className="stack">
          <Standing waiver={waiver} />
          <Effect effect={waiver.effect} />
          <History waiver={waiver} />
        </div>
      </div>
    </Page>
  );
}

function Standing({ waiver }: { waiver: WholeWaiver }) {
  const over = ['revoked', 'renewed', 'expired'].includes(waiver.state);
  return (
    <Card title={exception.stands}>
      <dl className="pairs">
        <Pair name={exception.asked}>
          <StampAgo at={waiver.requested_at} /> {exception.by(waiver.requested_by)}
        </Pair>
        <Pair name={exception.length}>{exceptions.days(waiver.days)}</Pair>
        {waiver.approved_at !== null && (
          <Pair name={exception.approved}>
            <StampAgo at={waiver.approved_at} /> {exception.by(waiver.approved_by ?? '–')}
          </Pair>
        )}
        {waiver.ended_at !== null && (
          <Pair name={exception.ended}>
            <StampAgo at={waiver.ended_at} />
          </Pair>
        )}
        {waiver.expires_at !== null && waiver.ended_at === null && (
          <Pair name={over ? exception.wasUntil : exception.until}>
            <StampAgo at={waiver.expires_at} />
          </Pair>
        )}
        {waiver.continues !== null && (
          <Pair name={exception.continues}>
            <Link to="/exceptions/$id" params={{ id: waiver.continues }}>
              {exception.before}
            </Link>
          </Pair>
        )}
      </dl>
    </Card>
  );
}

function Missing({ id, error, retry }: { id: string; error: Error; retry: () => void }) {
  const status = error instanceof Problem ? error.status : 0;
  const gone = status === 404 || status === 400;
  return (
    <Page title={gone ? exception.gone : exception.title}>
      <section className="card">
        {gone && (
          <Empty
            title={exception.goneWhy}
            action={
              <Link className="btn" to="/exceptions">
                {exception.all}
              </Link>
            }
          >
            <code className="mono">{id}</code>
          </Empty>
        )}
        {status === 403 && <Denied permission="waivers.read" />}
        {!gone && status !== 403 && <Failed what={exception.failed} error={error} retry={retry} />}
      </section>
    </Page>
  );
}
