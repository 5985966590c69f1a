import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { hostStates } from '../../api/overview';
import { posture } from '../../api/posture';
import { useAt } from '../../lib/at';
import { overview as text } from '../../strings/en/overview';
import { HostStatus } from '../../ui/Status';
import { Answer } from './Answer';

/** States of hosts that are not connected, the worst first. */
const AWAY = [
  'agent_killed',
  'link_lost',
  'quarantined',
  'never_seen',
  'agent_stopped',
  'host_shutdown',
  'unknown',
] as const;

/** Hosts that no score knows of. */
export function SilentWidget() {
  const at = useAt();
  const fleet = useQuery(posture.fleet({ at }));
  return (
    <Answer query={fleet} lines={3}>
      {({ silent, no_data, counted }) => (
        <div className="body stack">
          <div className="figures">
            <div className="figure" title={text.silentWhy}>
              <span className="name">{text.silentHosts}</span>
              <Link to="/posture" search={{ show: 'silent' }} data-alarm={silent > 0 || undefined}>
                {silent.toLocaleString('en')}
              </Link>
            </div>
            <div className="figure" title={text.noDataWhy}>
              <span className="name">{text.noData}</span>
              <b>{no_data.toLocaleString('en')}</b>
            </div>
            <div className="figure">
              <span className="name">{text.countedHosts}</span>
              <b>{counted.toLocaleString('en')}</b>
            </div>
          </div>
          <p className="why">{silent === 0 ? text.noneSilent : text.silentWhy}</p>
          {!at && <Away />}
        </div>
      )}
    </Answer>
  );
}

/** Why hosts are away now. */
function Away() {
  const states = useQuery(hostStates(AWAY));
  const some = states.data?.filter(({ count }) => count > 0) ?? [];
  return (
    <ul className="rows">
      {some.map(({ state, count }) => (
        <li key={state}>
          <HostStatus state={state} />
          <span className="num">{count.toLocaleString('en')}</span>
        </li>
      ))}
    </ul>
  );
}
