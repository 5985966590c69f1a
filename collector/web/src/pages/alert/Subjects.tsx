import { Link } from '@tanstack/react-router';
import type { AlertDetail, AlertSubject } from '../../api/client';
import { plural } from '../../strings/en';
import { Card } from '../../ui/Card';
import { Empty } from '../../ui/Notice';
import { Ago } from '../../ui/Time';

/** What the alert is about, and what it was about. */
export function Subjects({ alert }: { alert: AlertDetail }) {
  const now = alert.about.filter((subject) => subject.until === null).length;
  return (
    <Card
      title="What it is about"
      aside={<span className="muted num">{now === 0 ? 'Nothing now' : `${plural(now, 'subject')} now`}</span>}
      flush
    >
      {alert.about.length === 0 ? (
        <Empty title="Nothing that you may see" />
      ) : (
        <section className="scroll" aria-label="Subjects" tabIndex={0}>
          <table className="plain">
            <thead>
              <tr>
                <th>Host</th>
                <th>What</th>
                <th>Since</th>
                <th>Until</th>
              </tr>
            </thead>
            <tbody>
              {alert.about.map((subject) => (
                <Row key={`${subject.host?.id} ${subject.item} ${subject.since}`} subject={subject} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Card>
  );
}

function Row({ subject }: { subject: AlertSubject }) {
  return (
    <tr>
      <td className="nowrap">
        {subject.host === null ? (
          <span className="muted">No host</span>
        ) : (
          <Link className="name" to="/hosts/$id" params={{ id: subject.host.id }}>
            {subject.host.hostname}
          </Link>
        )}
      </td>
      <td>
        {subject.item && <code className="mono">{subject.item}</code>}
        <div className="muted">{subject.text}</div>
      </td>
      <td>
        <Ago at={subject.since} />
      </td>
      <td>{subject.until === null ? <span className="strong">Now</span> : <Ago at={subject.until} />}</td>
    </tr>
  );
}
