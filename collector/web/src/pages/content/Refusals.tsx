import type { FleetContent } from '../../api/client';
import { refusalText } from '../../strings/en';
import { Card } from '../../ui/Card';

/** Why hosts refuse what they were offered last. */
export function Refusals({ content }: { content: FleetContent }) {
  return (
    <Card title="Refused" flush>
      <section className="scroll" aria-label="Refusals" tabIndex={0}>
        <table className="plain">
          <thead>
            <tr>
              <th>Bundle</th>
              <th>Why</th>
              <th className="right">Hosts</th>
            </tr>
          </thead>
          <tbody>
            {content.refused.map(({ serial, reason, hosts }) => (
              <tr key={`${serial} ${reason}`}>
                <td className="num">{serial}</td>
                <td>
                  {refusalText(reason)} <code className="mono muted">{reason}</code>
                </td>
                <td className="right num">{hosts.toLocaleString('en')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  );
}
