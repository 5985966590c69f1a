import 'uplot/dist/uPlot.min.css';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import uPlot from 'uplot';
import { usePrefs } from '../lib/prefs';
import type { Zone } from '../lib/time';
import { metrics as text } from '../strings/en/metrics';
import { Button } from './Button';
import { Stamp } from './Time';

export type Line = { name: string; values: (number | null)[]; highest: number };
type Props = {
  title: string;
  /** Seconds since 1970, one for each value. */
  steps: number[];
  /** At most four; more are another chart. */
  lines: readonly Line[];
  show: (value: number) => string;
  /** What is measured is counted in powers of two. */
  binary?: boolean;
  /** Where the scale ends, when what is measured has an end. */
  top?: number;
  onZoom: (from: number, to: number) => void;
};

const HEIGHT = 150;
const COLOURS = ['--chart-1', '--chart-2', '--chart-3', '--chart-4'];
const DASHES = [undefined, [6, 4], [2, 3], [10, 3, 2, 3]];
/** Less than this is a click, not a zoom. */
const LEAST_ZOOM_PX = 8;
const AXIS_PX = 72;

/** Lines over time. What was not measured is a gap; the cursors of all charts of a page go together. */
export function TimeChart({ title, steps, lines, show, binary, top, onZoom }: Props) {
  const { zone } = usePrefs();
  const box = useRef<HTMLDivElement>(null);
  const [under, setUnder] = useState<number | null>(null);
  const [table, setTable] = useState(false);
  const chart = useRef<uPlot>(null);
  const zoom = useEffectEvent(onZoom);
  const format = useEffectEvent(show);
  const data = useEffectEvent((): uPlot.AlignedData => [steps, ...lines.map((line) => line.values)]);
  const names = useEffectEvent(() => lines.map((line) => line.name));
  // The lines themselves may be others without the chart being another: a drag goes on over new values.
  const kinds = lines.map((line) => line.name).join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: other lines are drawn anew, though it is the event that reads them
  useEffect(() => {
    const element = box.current;
    if (!element || table) return;
    const draw = () => {
      chart.current?.destroy();
      const look = options(element, zone, names(), {
        top,
        binary,
        format: (value) => format(value),
        onCursor: setUnder,
        onZoom: (from, to) => zoom(from, to),
      });
      chart.current = new uPlot(look, data(), element);
    };
    draw();
    const size = new ResizeObserver(() =>
      chart.current?.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    size.observe(element);
    // A canvas takes its colours when it is drawn.
    const theme = new MutationObserver(draw);
    theme.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });
    return () => {
      size.disconnect();
      theme.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [kinds, zone, top, binary, table]);
  useEffect(() => {
    chart.current?.setData([steps, ...lines.map((line) => line.values)]);
  }, [steps, lines]);

  const shown = (line: Line) => {
    const value = under === null ? line.values.findLast((each) => each !== null) : line.values[under];
    return value === null || value === undefined ? text.noValue : show(value);
  };
  const summary = lines
    .map((line) => {
      const last = line.values.findLast((each) => each !== null);
      return text.summary(
        line.name,
        typeof last === 'number' ? show(last) : text.noValue,
        show(line.highest),
      );
    })
    .join('. ');
  return (
    <figure className="chart" aria-label={title}>
      <figcaption>
        <strong>{title}</strong>
        {lines.map((line, index) => (
          <span key={line.name} className="key">
            <svg width="18" height="8" aria-hidden="true">
              <path
                d="M0 4h18"
                stroke={`var(${COLOURS[index]})`}
                strokeWidth="2"
                strokeDasharray={DASHES[index]?.join(' ')}
              />
            </svg>
            {line.name} <span className="num strong">{shown(line)}</span>
          </span>
        ))}
        <Button look="ghost" aria-pressed={table} onClick={() => setTable(!table)}>
          {text.asTable}
        </Button>
      </figcaption>
      {table ? (
        <ValueTable title={title} steps={steps} lines={lines} show={show} />
      ) : (
        <div ref={box} className="plot" role="img" aria-label={`${title}. ${summary}`} />
      )}
    </figure>
  );
}

function ValueTable({ title, steps, lines, show }: Pick<Props, 'title' | 'steps' | 'lines' | 'show'>) {
  return (
    <section className="scroll values" aria-label={title} tabIndex={0}>
      <table className="plain">
        <thead>
          <tr>
            <th>{text.instant}</th>
            {lines.map((line) => (
              <th key={line.name} className="right">
                {line.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {steps
            .map((step, index) => (
              <tr key={step}>
                <td>
                  <Stamp at={new Date(step * 1000).toISOString()} />
                </td>
                {lines.map((line) => {
                  const value = line.values[index];
                  return (
                    <td key={line.name} className="right num">
                      {value === null || value === undefined ? (
                        <span className="muted">{text.noValue}</span>
                      ) : (
                        show(value)
                      )}
                    </td>
                  );
                })}
              </tr>
            ))
            .reverse()}
        </tbody>
      </table>
    </section>
  );
}

type Hooks = {
  top?: number;
  binary?: boolean;
  format: (value: number) => string;
  onCursor: (index: number | null) => void;
  onZoom: (from: number, to: number) => void;
};

function options(element: HTMLElement, zone: Zone, names: readonly string[], hooks: Hooks): uPlot.Options {
  const look = getComputedStyle(document.documentElement);
  const token = (name: string) => look.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: token('--text-3'),
    grid: { stroke: token('--grid'), width: 1 },
    ticks: { show: false },
    font: '12px "IBM Plex Sans Variable", sans-serif',
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: 'host-metrics' }, drag: { x: true, y: false, setScale: false } },
    tzDate: (at) => (zone === 'utc' ? uPlot.tzDate(new Date(at * 1000), 'Etc/UTC') : new Date(at * 1000)),
    scales: { y: { range: (_chart, _low, high) => [0, hooks.top ?? (high > 0 ? high * 1.1 : 1)] } },
    axes: [
      { ...axis, values: (_chart, ticks) => tickTexts(ticks, zone) },
      {
        ...axis,
        size: AXIS_PX,
        incrs: hooks.binary ? POWERS : undefined,
        values: (_chart, ticks) => ticks.map(hooks.format),
      },
    ],
    series: [
      {},
      ...names.map((name, index) => ({
        label: name,
        stroke: token(COLOURS[index] ?? '--chart-1'),
        width: 1.5,
        dash: DASHES[index],
        spanGaps: false,
        // Points only for what stands alone between gaps, which no line shows.
        points: { show: true, size: 4, filter: alone },
      })),
    ],
    hooks: {
      setCursor: [(chart) => hooks.onCursor(chart.cursor.idx ?? null)],
      setSelect: [
        (chart) => {
          if (chart.select.width < LEAST_ZOOM_PX) return;
          const from = chart.posToVal(chart.select.left, 'x');
          const to = chart.posToVal(chart.select.left + chart.select.width, 'x');
          hooks.onZoom(from, to);
        },
      ],
    },
  };
}

/** Values with a gap on both sides. */
const alone = (chart: uPlot, series: number): number[] => {
  const values = chart.data[series] ?? [];
  const known = (index: number) => (values[index] ?? null) !== null;
  return Array.from(values, (_, index) => index).filter(
    (index) => known(index) && !known(index - 1) && !known(index + 1),
  );
};

const POWERS = Array.from({ length: 55 }, (_, power) => 2 ** power);

/** 24 hours; the day stands where it turns, or once at the first tick. */
function tickTexts(ticks: readonly number[], zone: Zone): string[] {
  const timeZone = zone === 'utc' ? 'UTC' : undefined;
  const clock = new Intl.DateTimeFormat('sv-SE', { hour: '2-digit', minute: '2-digit', timeZone });
  const calendar = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeZone });
  const days = ticks.map((tick) => calendar.format(tick * 1000));
  const turns = days.some((day, index) => index > 0 && day !== days[index - 1]);
  return ticks.map((tick, index) => {
    const time = clock.format(tick * 1000);
    const isNew = index === 0 ? !turns : days[index] !== days[index - 1];
    return isNew ? `${time}\n${days[index]}` : time;
  });
}
