import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { queries } from '../api/queries';
import { useMay } from '../lib/may';
import { GROUPS, isOpen, PLACES } from './places';

/** Where one can go: labels always, since an icon alone has to be learnt. */
export function Nav() {
  const may = useMay();
  const hosts = useQuery(queries.hosts({}));
  const info = useQuery(queries.info());
  const total = hosts.data?.total;
  return (
    <nav className="nav" aria-label="Main">
      {GROUPS.map((group) => {
        const places = PLACES.filter((place) => place.group === group && isOpen(place, may));
        if (places.length === 0) return null;
        return (
          <div key={group} className="nav-group" data-foot={group === 'foot' || undefined}>
            {group !== 'foot' && <p className="nav-title">{group}</p>}
            {places.map(({ to, label, icon: Icon }) => (
              <Link key={to} to={to} activeOptions={{ exact: to === '/', includeSearch: false }}>
                <Icon size={18} aria-hidden />
                {label}
                {to === '/hosts' && total !== undefined && (
                  <span className="count num">{total.toLocaleString('en')}</span>
                )}
              </Link>
            ))}
          </div>
        );
      })}
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
