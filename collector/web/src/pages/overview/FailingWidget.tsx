import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { posture } from '../../api/posture';
import { useAt } from '../../lib/at';
import { overview as text, widgetName } from '../../strings/en/overview';
import { Severity } from '../../ui/Severity';
import { Answer } from './Answer';

const SHOWN = 8;

/** The rules that fail on most hosts. */
export function FailingWidget() {
  const at = useAt();
  const failing = useQuery(posture.failing({ at }, SHOWN));
  return (
    <Answer query={failing} lines={SHOWN}>
      {({ items }) =>
        items.length === 0 ? (
          <p className="body why">{text.noFailing}</p>
        ) : (
          <section className="scroll" aria-label={text.tableOf(widgetName.failing)} tabIndex={0}>
            <table className="plain">
              <thead>
                <tr>
                  <th>{text.rule}</th>
                  <th>{text.severity}</th>
                  <th className="right">{text.hostsHead}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((item) => (
                  <tr key={item.rule}>
                    <td className="long">
                      <Link className="name" to="/rules/$id" params={{ id: item.rule }}>
                        {item.title ?? item.rule}
                      </Link>
                    </td>
                    <td>{item.severity && <Severity level={item.severity} />}</td>
                    <td className="right num">{item.hosts.toLocaleString('en')}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )
      }
    </Answer>
  );
}
