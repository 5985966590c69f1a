import type { HostDetail } from '../../../api/client';
import type { HostLens, Tally } from '../../../api/posture';
import { staleText } from '../../../strings/en';
import { compliance as text } from '../../../strings/en/compliance';
import { Card, Pair } from '../../../ui/Card';
import { Score } from '../../../ui/Score';
import { Status } from '../../../ui/Status';
import { Ago, StampAgo } from '../../../ui/Time';
import { VerdictBar } from '../../../ui/VerdictBar';

/** The scores, what they stand on, and how fresh that is. */
export function ScoreCard({ host, all, at }: { host: HostDetail; all: HostLens; at: string | undefined }) {
  return (
    <Card title={text.score}>
      <div className="figures">
        <Figure name={text.score} score={all.score} />
        <Figure name={text.withWaivers} score={all.score_with_waivers} />
        <Figure name={text.weighted} score={all.weighted_score} />
        <Figure name={text.weightedWithWaivers} score={all.weighted_score_with_waivers} />
      </div>
      <VerdictBar label={text.byVerdict} tally={all} />
      <dl className="pairs spaced">
        <Pair name={text.decided}>{text.decidedOf(all.passed + all.failed, totalOf(all))}</Pair>
        <Pair name={text.since}>
          <StampAgo at={all.since} />
        </Pair>
        <Pair name={text.freshness}>
          <Fresh host={host} at={at} />
        </Pair>
      </dl>
    </Card>
  );
}

function Figure({ name, score }: { name: string; score: number | null }) {
  return (
    <div className="figure">
      <span className="name">{name}</span>
      <b>
        <Score of={score} />
      </b>
    </div>
  );
}

const totalOf = (tally: Tally): number =>
  tally.passed + tally.failed + tally.error + tally.manual + tally.not_applicable + tally.not_assessable;

function Fresh({ host, at }: { host: HostDetail; at: string | undefined }) {
  if (at) return text.asThen;
  const kind = host.kinds.find((each) => each.kind === 'result');
  return (
    <>
      {kind?.stale ? (
        <Status tone="warn" word={text.staleNote + staleText(kind.stale.reason).toLowerCase()} />
      ) : host.state === 'online' ? (
        text.current
      ) : (
        text.asSeen
      )}
      {kind && (
        <div className="why">
          {text.reported} <Ago at={kind.reported_at} />
        </div>
      )}
    </>
  );
}
