import type { WholeWaiver } from '../../api/waivers';
import { webAddress } from '../../lib/address';
import { exception } from '../../strings/en/decide';
import { Card, Pair } from '../../ui/Card';

/** What was said when somebody asked. */
export function Why({ waiver }: { waiver: WholeWaiver }) {
  const address = webAddress(waiver.evidence);
  return (
    <Card title={exception.why}>
      <dl className="pairs said">
        <Pair name={exception.reason}>{waiver.reason}</Pair>
        <Pair name={exception.compensating}>{waiver.compensating_control || <NotSaid />}</Pair>
        <Pair name={exception.risk}>{waiver.risk_acceptance || <NotSaid />}</Pair>
        <Pair name={exception.evidence}>
          {address ? (
            <a href={address} target="_blank" rel="noreferrer noopener">
              {waiver.evidence}
            </a>
          ) : (
            waiver.evidence || <NotSaid />
          )}
          {waiver.evidence && <div className="muted">{exception.evidenceNote}</div>}
        </Pair>
      </dl>
    </Card>
  );
}

const NotSaid = () => <span className="muted">{exception.notSaid}</span>;
