import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Problem } from '../../api/problem';
import { queries } from '../../api/queries';
import { plural } from '../../strings/en';
import { Card, Pair } from '../../ui/Card';
import { Empty, Failed } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { StampAgo } from '../../ui/Time';

/** One bundle: who signed it, until when it is good, and what it needs. */
export function BundleCard({ serial }: { serial: number }) {
  const query = useQuery(queries.bundle(serial));
  const bundle = query.data;
  const close = (
    <Link className="btn" to="/content">
      Close
    </Link>
  );
  const content = () => {
    if (query.error instanceof Problem && query.error.status === 404)
      return <Empty title="This collector has no such bundle" />;
    if (query.isError)
      return <Failed what="The bundle did not load" error={query.error} retry={() => void query.refetch()} />;
    if (!bundle) return <Skeleton lines={6} label="Loading the bundle" />;
    return (
      <dl className="pairs">
        <Pair name="Signed by">
          <ul>
            {bundle.signers.map(({ key, name }) => (
              <li key={key}>
                {name || 'A key without a name'}{' '}
                <code className="mono muted" title={key}>
                  {key.slice(0, 16)}
                </code>
              </li>
            ))}
          </ul>
        </Pair>
        <Pair name="Under root">
          <span className="num">{bundle.root}</span>
        </Pair>
        <Pair name="Created">
          <StampAgo at={bundle.created} />
        </Pair>
        <Pair name="Expires">
          <StampAgo at={bundle.expires} />
        </Pair>
        <Pair name="Published">
          <StampAgo at={bundle.published_at} /> by {bundle.published_by}
        </Pair>
        {bundle.note && <Pair name="Note">{bundle.note}</Pair>}
        <Pair name="Holds">
          {plural(bundle.files, 'file')},{' '}
          {(bundle.size / 1024).toLocaleString('en', { maximumFractionDigits: 0 })} KiB
        </Pair>
        <Pair name="Needs">
          Agent <span className="num">{bundle.minimum_agent}</span>
          {bundle.features.length > 0 && `, ${bundle.features.join(', ')}`}
        </Pair>
        <Pair name="In force on">{plural(bundle.hosts, 'host')}</Pair>
        <Pair name="Manifest">
          <code className="mono">{bundle.manifest}</code>
        </Pair>
      </dl>
    );
  };
  return (
    <Card title={`Bundle ${serial}`} aside={<div className="actions">{close}</div>}>
      {content()}
    </Card>
  );
}
