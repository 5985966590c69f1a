import type { Evidence, Outcome } from '../../../api/posture';
import { evidence as text } from '../../../strings/en/compliance';
import { Pair } from '../../../ui/Card';
import { StampAgo } from '../../../ui/Time';
import { Verdict } from '../../../ui/Verdict';

/** What came of a rule, and what was seen. */
export function OutcomeView({ outcome }: { outcome: Outcome }) {
  const values = Object.entries(outcome.values);
  return (
    <>
      <dl className="pairs">
        <Pair name={text.because}>{outcome.because}</Pair>
        <Pair name={text.since}>
          <StampAgo at={outcome.valid_from} />
        </Pair>
        {outcome.valid_to && (
          <Pair name={text.until}>
            <StampAgo at={outcome.valid_to} />
          </Pair>
        )}
        <Pair name={text.content}>
          <code className="mono" title={text.contentHint}>
            {outcome.content}
          </code>
        </Pair>
        {values.length > 0 && (
          <Pair name={text.values}>
            {values.map(([name, value]) => (
              <div key={name}>
                <code className="mono">
                  {name} = {JSON.stringify(value)}
                </code>
              </div>
            ))}
          </Pair>
        )}
      </dl>
      {outcome.evidence.length === 0 && <p className="muted">{text.noEvidence}</p>}
      {outcome.evidence.map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: checks have no identity but their place
        <Check key={index} evidence={each} />
      ))}
      {outcome.truncated && <p className="why">{text.truncated}</p>}
    </>
  );
}

function Check({ evidence }: { evidence: Evidence }) {
  const left = evidence.offenders_total - evidence.offenders.length;
  return (
    <div className="check-seen">
      <div className="title">
        <code className="mono strong">{evidence.check}</code>
        <Verdict status={evidence.status} />
      </div>
      <dl className="pairs">
        {evidence.read.length > 0 && (
          <Pair name={text.read}>
            <pre>{evidence.read.join('\n')}</pre>
          </Pair>
        )}
        {evidence.expected && (
          <Pair name={text.expected}>
            <pre>{evidence.expected}</pre>
          </Pair>
        )}
        {evidence.actual && (
          <Pair name={text.actual}>
            <pre>{evidence.actual}</pre>
          </Pair>
        )}
        {evidence.offenders.length > 0 && (
          <Pair name={text.otherwise}>
            <pre>{evidence.offenders.join('\n')}</pre>
            {left > 0 && <div className="why">{text.moreOffenders(left)}</div>}
          </Pair>
        )}
      </dl>
    </div>
  );
}
