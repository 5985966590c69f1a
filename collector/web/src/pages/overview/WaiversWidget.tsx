import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { overviewQueries } from '../../api/overview';
import { overview as text } from '../../strings/en/overview';
import { Stamp } from '../../ui/Time';
import { Answer } from './Answer';
import { Count } from './Count';

const SHOWN = 3;

/** Waivers that wait for somebody's word, and those that end soon. */
export function WaiversWidget() {
  const requested = useQuery(overviewQueries.requestedWaivers());
  const expiring = useQuery(overviewQueries.expiringWaivers());
  return (
    <Answer query={requested} lines={4}>
      {(asked) => (
        <Answer query={expiring} lines={4}>
          {(ending) => (
            <div className="body stack">
              <div className="figures">
                <div className="figure">
                  <span className="name">{text.requested}</span>
                  <Link to="/exceptions" search={{ queue: 'asked' }}>
                    <Count of={asked.items.length} more={asked.more} />
                  </Link>
                </div>
                <div className="figure">
                  <span className="name">{text.expiring}</span>
                  <Link to="/exceptions" search={{ queue: 'expiring' }}>
                    <Count of={ending.items.length} more={ending.more} />
                  </Link>
                </div>
              </div>
              {asked.items.length + ending.items.length === 0 && <p className="why">{text.noWaivers}</p>}
              <ul className="rows">
                {[...asked.items, ...ending.items].slice(0, SHOWN).map((waiver) => (
                  <li key={waiver.id}>
                    <Link className="clip" to="/exceptions/$id" params={{ id: waiver.id }}>
                      {waiver.rule ?? `${waiver.framework} ${waiver.control}`}, {waiver.scope_name}
                    </Link>
                    {waiver.expires_at && (
                      <span className="muted nowrap">
                        {text.until} <Stamp at={waiver.expires_at} />
                      </span>
                    )}
                  </li>
                ))}
              </ul>
            </div>
          )}
        </Answer>
      )}
    </Answer>
  );
}
