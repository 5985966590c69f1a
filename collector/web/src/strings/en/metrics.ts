import type { MetricRange } from '../../lib/search/posture';

export const metrics = {
  range: 'Range',
  zoomed: 'Zoomed from',
  to: 'to',
  reset: 'Reset zoom',
  zoomHint: 'Drag over a chart to zoom in.',
  between: 'From',
  until: 'Until',
  each: (step: string) => `Each point is the mean of ${step}.`,
  loading: 'Loading metrics',
  failed: 'The metrics did not load',
  none: 'No metrics in this time',
  noneWhy: 'The agent sends each minute some two minutes after it ended. What it did not send is not drawn.',
  noPermission: 'You may not read metrics',
  noPermissionWhy: 'An administrator can give you a role with metrics.read for this host.',
  asTable: 'Show as table',
  noValue: 'no value',
  instant: 'Minute',
  summary: (name: string, now: string, highest: string) => `${name}: last ${now}, highest ${highest}`,
};

export const rangeName: Record<MetricRange, string> = {
  '1h': '1 hour',
  '6h': '6 hours',
  '24h': '24 hours',
  '7d': '7 days',
  '30d': '30 days',
};

const charts: Record<string, string> = {
  cpu: 'Processors',
  load: 'Load',
  memory: 'Memory',
  pressure: 'Pressure',
  disk: 'Disk',
  busy: 'Disk busy',
  filesystem: 'Filesystem',
  network: 'Network',
  tcp: 'TCP connections',
  temperature: 'Temperature',
  agent: 'The agent’s processor time',
  agentmemory: 'The agent’s memory',
};
export const chartName = (id: string, label: string): string =>
  [charts[id] ?? id, label].filter(Boolean).join(' ');

const families: Record<string, string> = {
  'cpu.user': 'user',
  'cpu.system': 'system',
  'cpu.iowait': 'waiting for disks',
  'cpu.steal': 'taken by the hypervisor',
  'load.avg1': '1 min',
  'load.avg5': '5 min',
  'load.avg15': '15 min',
  'memory.available_bytes': 'available',
  'memory.cached_bytes': 'cached',
  'memory.total_bytes': 'total',
  'swap.free_bytes': 'free swap',
  'pressure.cpu_some': 'processors',
  'pressure.memory_some': 'memory',
  'pressure.io_some': 'disks',
  'disk.read_bytes': 'read',
  'disk.write_bytes': 'written',
  'disk.busy': 'busy',
  'filesystem.available_bytes': 'available',
  'filesystem.size_bytes': 'size',
  'network.rx_bytes': 'received',
  'network.tx_bytes': 'sent',
  'tcp.established': 'established',
  'temperature.celsius': 'temperature',
  'agent.cpu_seconds': 'agent',
  'agent.resident_bytes': 'resident',
};
export const familyName = (family: string): string => families[family] ?? family;
