import { Link } from '@tanstack/react-router';
import type { FleetContent } from '../../api/client';
import { plural } from '../../strings/en';
import { Card } from '../../ui/Card';
import { Empty } from '../../ui/Notice';
import { Status } from '../../ui/Status';
import { StampAgo } from '../../ui/Time';

type Held = FleetContent['bundles'][number];

/** Which bundle how many hosts have, and whose is older than it should be. */
export function Fleet({ content }: { content: FleetContent }) {
  const { bundles, standing, unable } = content;
  return (
    <Card title="In the fleet" flush>
      {bundles.length === 0 ? (
        <Empty title="No host has said what it has">Hosts say it when their agents connect.</Empty>
      ) : (
        <section className="scroll" aria-label="Content by bundle" tabIndex={0}>
          <table className="plain">
            <thead>
              <tr>
                <th>Bundle</th>
                <th className="right">Hosts</th>
                <th>State</th>
                <th>Expires</th>
              </tr>
            </thead>
            <tbody>
              {bundles.map((held) => (
                <tr key={held.serial ?? 'installed'}>
                  <td className="nowrap">
                    {held.serial === null ? (
                      'Installed with the agent'
                    ) : (
                      <Link className="name" to="/content" search={{ bundle: held.serial }}>
                        {held.serial}
                      </Link>
                    )}
                  </td>
                  <td className="right num">{held.hosts.toLocaleString('en')}</td>
                  <td>
                    <State held={held} standing={standing} />
                  </td>
                  <td>{held.expires ? <StampAgo at={held.expires} /> : <span className="muted">–</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {unable > 0 && (
        <p className="note">
          {plural(unable, 'host')} {unable === 1 ? 'takes' : 'take'} no bundles, or{' '}
          {unable === 1 ? 'has' : 'have'} not said what {unable === 1 ? 'it has' : 'they have'}: their agents
          are older, or away.
        </p>
      )}
    </Card>
  );
}

function State({ held, standing }: { held: Held; standing: number | null }) {
  if (held.expired) {
    return (
      <Status
        tone="fail"
        word="Expired"
        meaning="These hosts go on with it, and nobody vouches for it any more"
      />
    );
  }
  if (held.behind > 0) {
    return (
      <Status
        tone="warn"
        word={`${held.behind.toLocaleString('en')} behind`}
        meaning="They have been offered a newer one for long, and have not taken it"
      />
    );
  }
  return <span className="muted">{place(held.serial, standing)}</span>;
}

/** How a bundle stands to the one that all are to have. */
function place(serial: number | null, standing: number | null): string {
  if (standing === null) return '–';
  if (serial === standing) return 'What all are to have';
  return serial !== null && serial > standing ? 'Newer' : 'Older';
}
