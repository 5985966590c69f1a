import { Link } from '@tanstack/react-router';
import type { HostDetail } from '../../api/client';
import { offerStage, refusalText } from '../../strings/en';
import { Card, Pair } from '../../ui/Card';
import { Status } from '../../ui/Status';
import { Ago, StampAgo } from '../../ui/Time';

type Content = NonNullable<HostDetail['content']>;

/** Which rules the host follows, and what came of the last that it was offered. */
export function ContentCard({ host: { content, content_stale } }: { host: HostDetail }) {
  if (!content) return null;
  return (
    <Card title="Content">
      <dl className="pairs">
        <Pair name="In force">
          <InForce bundle={content.in_force} />
          {content_stale === 'behind' && (
            <div className="why">
              <Status
                tone="warn"
                word="Behind"
                meaning="It is offered a newer one for long, and has not taken it"
              />
            </div>
          )}
        </Pair>
        {content.root && (
          <Pair name="Trusts">
            Root <span className="num">{content.root.version}</span>,{' '}
            {content.root.pinned ? 'which was installed on it' : 'which a collector told it first'}
          </Pair>
        )}
        {content.offer && (
          <Pair name="Last offer">
            <Offer offer={content.offer} />
          </Pair>
        )}
        {!content.takes_bundles && <Pair name="Offers">Its agent takes none</Pair>}
        {content.reported_at && (
          <Pair name="Said">
            <StampAgo at={content.reported_at} />
          </Pair>
        )}
      </dl>
    </Card>
  );
}

function InForce({ bundle }: { bundle: Content['in_force'] }) {
  if (bundle === null) return 'What was installed with the agent';
  return (
    <>
      <BundleLink serial={bundle.serial} />, since <Ago at={bundle.since} />
      {bundle.stale && (
        <div className="why">
          <Status
            tone="fail"
            word="Expired"
            meaning="The host goes on with it, and nobody vouches for it any more"
          />{' '}
          <Ago at={bundle.expires} />
        </div>
      )}
    </>
  );
}

function Offer({ offer }: { offer: NonNullable<Content['offer']> }) {
  return (
    <>
      <BundleLink serial={offer.serial} />: {offerStage(offer.stage)}
      {offer.refusal !== null && (
        <div className="why">
          {refusalText(offer.refusal)}
          {offer.detail && `: ${offer.detail}`}
        </div>
      )}
    </>
  );
}

function BundleLink({ serial }: { serial: number }) {
  return (
    <Link className="name" to="/content" search={{ bundle: serial }}>
      Bundle {serial}
    </Link>
  );
}
