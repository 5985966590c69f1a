import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { groups } from '../../api/groups';
import { useMay } from '../../lib/may';
import { useRested } from '../../lib/rested';
import { previewText } from '../../strings/en/govern/groups';
import { AtLine } from '../../ui/AtLine';
import { Card } from '../../ui/Card';

const REST_MS = 500;

/** For which hosts an expression is true, while it is typed. */
export function Preview({ expression }: { expression: string }) {
  const may = useMay();
  const rested = useRested(expression.trim(), REST_MS);
  const asks = rested !== '' && may('groups.write', true);
  const query = useQuery({ ...groups.preview(rested), enabled: asks });
  const t = previewText;
  const content = () => {
    if (!asks) return <p className="muted">{t.typing}</p>;
    if (query.isError) return <AtLine source={rested} message={query.error.message} />;
    if (query.isPending) return <p className="muted">{t.asking}</p>;
    const { hosts, asked, complete, first, errors, first_errors } = query.data;
    return (
      <>
        <p>
          <b className="num">{t.hosts(hosts)}</b> <span className="muted num">{t.of(asked, complete)}</span>
        </p>
        {first.length > 0 && (
          <ul className="names" aria-label={t.first}>
            {first.map((host) => (
              <li key={host.id}>
                <Link to="/hosts/$id" params={{ id: host.id }}>
                  {host.hostname}
                </Link>
              </li>
            ))}
          </ul>
        )}
        {errors > 0 && (
          <details>
            <summary className="num">{t.errors(errors)}</summary>
            <ul aria-label={t.firstErrors}>
              {first_errors.map((host) => (
                <li key={host.id}>
                  <span className="strong">{host.hostname}</span> <span className="muted">{host.error}</span>
                </li>
              ))}
            </ul>
          </details>
        )}
      </>
    );
  };
  return (
    <Card title={t.title}>
      <div className="stack preview" aria-live="polite">
        {content()}
      </div>
    </Card>
  );
}
