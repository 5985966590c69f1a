import {
  IconAlertTriangle,
  IconPackage,
  IconPlugConnected,
  IconProgressDown,
  IconServer2,
} from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { queries } from '../api/queries';

/** Where one can go: labels always, since an icon alone has to be learnt. */
export function Nav() {
  const hosts = useInfiniteQuery(queries.hosts({}));
  const info = useQuery(queries.info());
  const total = hosts.data?.pages[0]?.total;
  return (
    <nav className="nav" aria-label="Main">
      <Link to="/hosts">
        <IconServer2 size={18} aria-hidden />
        Hosts
        {total !== undefined && <span className="count num">{total.toLocaleString('en')}</span>}
      </Link>
      <Link to="/alerts">
        <IconAlertTriangle size={18} aria-hidden />
        Alerts
      </Link>
      <Link to="/enrol">
        <IconPlugConnected size={18} aria-hidden />
        Enrol hosts
      </Link>
      <Link to="/content">
        <IconPackage size={18} aria-hidden />
        Content
      </Link>
      <Link to="/rollouts">
        <IconProgressDown size={18} aria-hidden />
        Rollouts
      </Link>
      {info.data && (
        <p className="version">
          Collector <span className="num">{info.data.version}</span>
          <br />
          <a href="/third-party-notices.txt" target="_blank" rel="noreferrer">
            Licences of others’ work
          </a>
        </p>
      )}
    </nav>
  );
}
