import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { posture } from '../../api/posture';
import { queries } from '../../api/queries';
import { rule as text } from '../../strings/en/catalogue';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Empty, Failed } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { Verdict } from '../../ui/Verdict';
import { OutcomeView } from '../host/compliance/OutcomeView';

const route = getRouteApi('/signed-in/rules/$id');

/** The evidence of one host beside that of another. */
export function Compare({ rule }: { rule: string }) {
  const { a, b } = route.useSearch();
  const setView = route.useNavigate();
  const chosen = [a, b].filter((id) => id !== undefined);
  if (chosen.length === 0) return null;
  return (
    <Card
      title={text.comparing}
      aside={
        <div className="actions">
          <Button
            onClick={() =>
              void setView({ search: (old) => ({ ...old, a: undefined, b: undefined }), resetScroll: false })
            }
          >
            {text.closeCompare}
          </Button>
        </div>
      }
    >
      <div className="sides">
        {chosen.map((host) => (
          <Side key={host} host={host} rule={rule} />
        ))}
      </div>
    </Card>
  );
}

function Side({ host: id, rule }: { host: string; rule: string }) {
  const host = useQuery(queries.host(id));
  const result = useQuery(posture.result(id, rule, undefined));
  const outcome = result.data?.result;
  const content = () => {
    if (result.isError)
      return <Failed what={text.evidenceFailed} error={result.error} retry={() => void result.refetch()} />;
    if (!result.data) return <Skeleton lines={6} />;
    if (!outcome) return <Empty title={text.noResult} />;
    return (
      <>
        <Verdict status={outcome.status} />
        <OutcomeView outcome={outcome} />
      </>
    );
  };
  const name = host.data?.hostname ?? id.slice(0, 8);
  return (
    <section className="stack" aria-label={host.data?.hostname ?? id}>
      <h3>
        <Link className="name" to="/hosts/$id" params={{ id }} search={{ tab: 'compliance' }}>
          {name}
        </Link>
      </h3>
      {content()}
    </section>
  );
}
