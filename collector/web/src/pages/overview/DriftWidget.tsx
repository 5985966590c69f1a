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
              <Link to="/drift" search={{ state: 'unexplained' }}>
                <Count of={items.length} more={more} />
              </Link>
            </div>
          </div>
          {items.length === 0 && <p className="why">{text.noDrift}</p>}
          <ul className="rows">
            {items.slice(0, SHOWN).map((story) => (
              <li key={story.id}>
                <Link className="clip" to="/drift/$id" params={{ id: story.id }} title={story.title}>
                  {story.title}
                </Link>
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
