import { useQuery } from '@tanstack/react-query';
import { queries } from '../../api/queries';
import { returnPath } from '../../lib/search';
import { CertificateWay } from './CertificateWay';

/** What one can sign in with besides a password. Links: the browser itself goes there and comes back. */
export function OtherWays({ to }: { to: string | undefined }) {
  const { data } = useQuery(queries.signInWays());
  const query = new URLSearchParams({ to: returnPath(to) });
  if (!data || (data.items.length === 0 && !data.certificate)) return null;
  return (
    <ul className="ways" aria-label="Other ways to sign in">
      {data.items.map((way) => (
        <li key={way.name}>
          <a className="btn default" href={`/api/v1/session/oidc/${way.name}/begin?${query}`}>
            {way.title}
          </a>
        </li>
      ))}
      {data.certificate && (
        <li>
          <CertificateWay way={data.certificate} to={to} />
        </li>
      )}
    </ul>
  );
}
