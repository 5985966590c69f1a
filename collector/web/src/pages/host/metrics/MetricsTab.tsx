import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { HostDetail } from '../../../api/client';
import { hostMetrics } from '../../../api/metrics';
import { useAt } from '../../../lib/at';
import { useMay } from '../../../lib/may';
import { byLabel, CHARTS, FAMILIES, nameParts, stepsOf, valuesAt, valueText } from '../../../lib/metrics';
import { METRIC_RANGES } from '../../../lib/search/posture';
import { durationText } from '../../../strings/en';
import { chartName, familyName, rangeName, metrics as text } from '../../../strings/en/metrics';
import { Button } from '../../../ui/Button';
import { Empty, Failed } from '../../../ui/Notice';
import { Skeleton } from '../../../ui/Skeleton';
import { Stamp } from '../../../ui/Time';
import { TimeChart } from '../../../ui/TimeChart';

const route = getRouteApi('/signed-in/hosts/$id');
const DEFAULT_RANGE = '1h';

/** How busy the host is, or was. */
export function MetricsTab({ host }: { host: HostDetail }) {
  const { range = DEFAULT_RANGE, since, until } = route.useSearch();
  const setView = route.useNavigate();
  const at = useAt();
  const may = useMay();
  const zoomed = since !== undefined && until !== undefined;
  const query = useQuery({
    ...hostMetrics(host.id, FAMILIES.join(','), zoomed ? { range, since, until } : { range, at }),
    enabled: may('metrics.read'),
  });
  const data = query.data;
  const charts = useMemo(() => {
    if (!data) return [];
    const steps = stepsOf(data.from, data.to, data.step_s);
    return CHARTS.flatMap((plan) =>
      byLabel(plan, data.series).map(({ label, series }) => ({
        key: `${plan.id} ${label}`,
        title: chartName(plan.id, label),
        unit: plan.unit,
        binary: plan.unit === 'bytes' || plan.unit === 'bytes_per_s',
        top: plan.unit === 'part' ? 1 : undefined,
        steps,
        lines: series.map((each) => ({
          name: familyName(nameParts(each.name).family),
          values: valuesAt(steps, each.points),
          highest: each.points.reduce((most, point) => Math.max(most, point.max), 0),
        })),
      })),
    );
  }, [data]);

  const content = () => {
    if (!may('metrics.read')) return <Empty title={text.noPermission}>{text.noPermissionWhy}</Empty>;
    if (query.isError)
      return <Failed what={text.failed} error={query.error} retry={() => void query.refetch()} />;
    if (!data) return <Skeleton lines={12} label={text.loading} />;
    if (charts.length === 0) return <Empty title={text.none}>{text.noneWhy}</Empty>;
    return (
      <div className="charts">
        {charts.map(({ key, title, unit, top, binary, steps, lines }) => (
          <TimeChart
            key={key}
            title={title}
            steps={steps}
            lines={lines}
            top={top}
            binary={binary}
            show={(value) => valueText(value, unit)}
            onZoom={(from, to) =>
              void setView({ search: (old) => ({ ...old, since: instant(from), until: instant(to) }) })
            }
          />
        ))}
      </div>
    );
  };

  return (
    <section className="card" aria-label={text.range}>
      <header>
        <nav className="segments" aria-label={text.range}>
          {METRIC_RANGES.map((each) => (
            <Link
              key={each}
              from="/hosts/$id"
              to="/hosts/$id"
              params={{ id: host.id }}
              search={(old) => ({
                ...old,
                range: each === DEFAULT_RANGE ? undefined : each,
                since: undefined,
                until: undefined,
              })}
              aria-current={!zoomed && each === range ? 'true' : undefined}
              data-active={(!zoomed && each === range) || undefined}
            >
              {rangeName[each]}
            </Link>
          ))}
        </nav>
        {zoomed ? (
          <>
            <span>
              {text.zoomed} <Stamp at={since} /> {text.to} <Stamp at={until} />
            </span>
            <Button
              onClick={() =>
                void setView({ search: (old) => ({ ...old, since: undefined, until: undefined }) })
              }
            >
              {text.reset}
            </Button>
          </>
        ) : (
          <span className="muted wide">{text.zoomHint}</span>
        )}
        <span className="grow" />
        {data && <span className="muted">{text.each(durationText(data.step_s))}</span>}
      </header>
      {content()}
    </section>
  );
}

const instant = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
