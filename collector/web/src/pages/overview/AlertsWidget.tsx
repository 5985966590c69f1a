import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { countAtLeast, overviewQueries } from '../../api/overview';
import { overview as text } from '../../strings/en/overview';
import { Severity } from '../../ui/Severity';
import { Answer } from './Answer';
import { Count } from './Count';

/** Active alerts, each row with those that are more serious, as the list that it leads to has them. */
export function AlertsWidget() {
  const alerts = useQuery(overviewQueries.activeAlerts());
  return (
    <Answer query={alerts} lines={4}>
      {({ items, more }) => (
        <div className="body stack">
          <div className="figures">
            <div className="figure">
              <span className="name">{text.activeAlerts}</span>
              <Link to="/alerts" search={{ state: 'active' }} data-alarm={items.length > 0 || undefined}>
                <Count of={items.length} more={more} />
              </Link>
            </div>
          </div>
          {items.length === 0 && <p className="why">{text.noAlerts}</p>}
          <ul className="rows">
            {countAtLeast(items).map(({ severity, count }) => (
              <li key={severity}>
                <Link to="/alerts" search={{ state: 'active', severity }}>
                  <Severity level={severity} />
                  {severity !== 'critical' && ` ${text.andAbove}`}
                </Link>
                <Count of={count} more={more} />
              </li>
            ))}
          </ul>
        </div>
      )}
    </Answer>
  );
}
