import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { overviewQueries } from '../../api/overview';
import { overview as text } from '../../strings/en/overview';
import { Ago } from '../../ui/Time';
import { Answer } from './Answer';
import { Count } from './Count';

const SHOWN = 4;

/** What is no longer as it was, and nobody has said why. */
export function DriftWidget() {
  const drift = useQuery(overviewQueries.unexplainedDrift());
  return (
    <Answer query={drift} lines={4}>
      {({ items, more }) => (
        <div className="body stack">
          <div className="figures">
            <div className="figure">
              <span className="name">{text.unexplained}</span>
              <b>
                <Count of={items.length} more={more} />
              </b>
            </div>
          </div>
          {items.length === 0 && <p className="why">{text.noDrift}</p>}
          <ul className="rows">
            {items.slice(0, SHOWN).map((story) => (
              <li key={story.id}>
                {story.rule ? (
                  <Link className="clip" to="/rules/$id" params={{ id: story.rule }} title={story.title}>
                    {story.title}
                  </Link>
                ) : (
                  <span className="clip" title={story.title}>
                    {story.title}
                  </span>
                )}
                <span className="muted nowrap">
                  {text.hosts(story.hosts)}, <Ago at={story.last_at} />
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Answer>
  );
}
