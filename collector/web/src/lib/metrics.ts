/** What of a host's metrics is drawn together, and how series become lines. */

export type Unit = 'part' | 'bytes' | 'bytes_per_s' | 'count' | 'cores' | 'celsius';
export type ChartPlan = { id: string; unit: Unit; families: readonly string[] };

/** In the order of the page. Families with a label are drawn once for each label. */
export const CHARTS: readonly ChartPlan[] = [
  { id: 'cpu', unit: 'part', families: ['cpu.user', 'cpu.system', 'cpu.iowait', 'cpu.steal'] },
  { id: 'load', unit: 'count', families: ['load.avg1', 'load.avg5', 'load.avg15'] },
  {
    id: 'memory',
    unit: 'bytes',
    families: ['memory.available_bytes', 'memory.cached_bytes', 'memory.total_bytes', 'swap.free_bytes'],
  },
  {
    id: 'pressure',
    unit: 'part',
    families: ['pressure.cpu_some', 'pressure.memory_some', 'pressure.io_some'],
  },
  { id: 'disk', unit: 'bytes_per_s', families: ['disk.read_bytes', 'disk.write_bytes'] },
  { id: 'busy', unit: 'part', families: ['disk.busy'] },
  {
    id: 'filesystem',
    unit: 'bytes',
    families: ['filesystem.available_bytes', 'filesystem.size_bytes'],
  },
  { id: 'network', unit: 'bytes_per_s', families: ['network.rx_bytes', 'network.tx_bytes'] },
  { id: 'tcp', unit: 'count', families: ['tcp.established'] },
  { id: 'temperature', unit: 'celsius', families: ['temperature.celsius'] },
  { id: 'agent', unit: 'cores', families: ['agent.cpu_seconds'] },
  { id: 'agentmemory', unit: 'bytes', families: ['agent.resident_bytes'] },
];

export const FAMILIES: readonly string[] = CHARTS.flatMap((chart) => chart.families);

type Point = { at: string; mean: number; max: number };
export type Series = { name: string; points: readonly Point[] };

/** `disk.busy{device=sda}` is of the family `disk.busy`, and of `sda`. */
export function nameParts(name: string): { family: string; label: string } {
  const brace = name.indexOf('{');
  if (brace < 0) return { family: name, label: '' };
  return { family: name.slice(0, brace), label: name.slice(name.indexOf('=', brace) + 1, -1) };
}

/** The series of a plan, those of one label together, in the plan's order. */
export function byLabel(plan: ChartPlan, series: readonly Series[]): { label: string; series: Series[] }[] {
  const found = new Map<string, Series[]>();
  for (const family of plan.families) {
    for (const each of series) {
      const parts = nameParts(each.name);
      if (parts.family !== family) continue;
      found.set(parts.label, [...(found.get(parts.label) ?? []), each]);
    }
  }
  return [...found].map(([label, list]) => ({ label, series: list }));
}

/** Where each step of the time begins, in seconds: also those in which nothing was measured. */
export function stepsOf(from: string, to: string, stepS: number): number[] {
  const first = Math.floor(Date.parse(from) / 1000 / stepS) * stepS;
  const last = Date.parse(to) / 1000;
  return Array.from(
    { length: Math.max(0, Math.ceil((last - first) / stepS)) },
    (_, index) => first + index * stepS,
  );
}

/** A series' means at these steps; null where nothing was measured, so that a gap stays one. */
export function valuesAt(steps: readonly number[], points: readonly Point[]): (number | null)[] {
  const known = new Map(points.map((point) => [Math.round(Date.parse(point.at) / 1000), point.mean]));
  return steps.map((step) => known.get(step) ?? null);
}

const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** A value with its unit, short enough for an axis. */
export function valueText(value: number, unit: Unit): string {
  switch (unit) {
    case 'part':
      return `${digits(value * 100)} %`;
    case 'bytes':
      return bytesText(value);
    case 'bytes_per_s':
      return `${bytesText(value)}/s`;
    case 'celsius':
      return `${digits(value)} °C`;
    case 'cores':
      return `${digits(value * 100)} % of a core`;
    case 'count':
      return digits(value);
  }
}

function bytesText(value: number): string {
  const power = Math.min(BYTES.length - 1, value < 1 ? 0 : Math.floor(Math.log2(value) / 10));
  return `${digits(value / 1024 ** power)} ${BYTES[power]}`;
}

/** Three digits that count, which is more than the agent sends of what varies. */
const digits = (value: number): string =>
  value === 0
    ? '0'
    : Math.abs(value) >= 100
      ? Math.round(value).toLocaleString('en')
      : String(Number(value.toPrecision(3)));
