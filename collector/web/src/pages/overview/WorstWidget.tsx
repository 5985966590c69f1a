import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { posture } from '../../api/posture';
import { useAt } from '../../lib/at';
import { standing } from '../../lib/standing';
import { overview as text, widgetName } from '../../strings/en/overview';
import { Score } from '../../ui/Score';
import { StandingStatus } from '../../ui/Verdict';
import { Answer } from './Answer';

const SHOWN = 8;

/** The hosts with the lowest scores. */
export function WorstWidget() {
  const at = useAt();
  const worst = useQuery(posture.worst(at, SHOWN));
  return (
    <Answer query={worst} lines={SHOWN}>
      {({ items }) =>
        items.length === 0 ? (
          <p className="body why">{text.noWorst}</p>
        ) : (
          <section className="scroll" aria-label={text.tableOf(widgetName.worst)} tabIndex={0}>
            <table className="plain">
              <thead>
                <tr>
                  <th>{text.host}</th>
                  <th>{text.stands}</th>
                  <th className="right">{text.score}</th>
                  <th className="right">{text.fails}</th>
                  <th className="right">{text.seriousFails}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((item) => (
                  <tr key={item.host.id}>
                    <td className="long">
                      <Link
                        className="name"
                        to="/hosts/$id"
                        params={{ id: item.host.id }}
                        search={{ tab: 'compliance' }}
                      >
                        {item.host.hostname}
                      </Link>
                    </td>
                    <td>
                      <StandingStatus of={standing(item)} />
                    </td>
                    <td className="right">
                      <Score of={item.score} />
                    </td>
                    <td className="right num">{item.failed.toLocaleString('en')}</td>
                    <td className="right num">
                      {item.failed_critical.toLocaleString('en')}, {item.failed_high.toLocaleString('en')}
                    </td>
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
