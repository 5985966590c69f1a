import { describe, expect, it } from 'vitest';
import { byLabel, CHARTS, nameParts, stepsOf, valuesAt, valueText } from './metrics';

const point = (at: string, mean: number) => ({ at, mean, max: mean });

describe('lines', () => {
  it('have a gap where nothing was measured', () => {
    const steps = stepsOf('2026-11-30T16:00:30Z', '2026-11-30T16:04:30Z', 60);
    expect(steps.length).toBe(5);
    const points = [point('2026-11-30T16:01:00.000000Z', 1), point('2026-11-30T16:03:00.000000Z', 3)];
    expect(valuesAt(steps, points)).toEqual([null, 1, null, 3, null]);
  });
  it('are drawn once for each label', () => {
    const disk = CHARTS.find(({ id }) => id === 'disk');
    const series = [
      'disk.write_bytes{device=sda}',
      'disk.read_bytes{device=sda}',
      'disk.read_bytes{device=sdb}',
    ];
    const found = byLabel(
      disk as (typeof CHARTS)[number],
      series.map((name) => ({ name, points: [] })),
    );
    expect(found.map(({ label, series: of }) => [label, of.length])).toEqual([
      ['sda', 2],
      ['sdb', 1],
    ]);
  });
  it('are never more than can be told apart', () => {
    for (const { families } of CHARTS) expect(families.length).toBeLessThanOrEqual(4);
  });
  it('know a family without a label', () =>
    expect(nameParts('cpu.user')).toEqual({ family: 'cpu.user', label: '' }));
});

describe('valueText', () => {
  it('has a unit', () => {
    expect(valueText(0.1234, 'part')).toBe('12.3 %');
    expect(valueText(20_132_659_200, 'bytes')).toBe('18.8 GiB');
    expect(valueText(1024, 'bytes_per_s')).toBe('1 KiB/s');
    expect(valueText(0, 'bytes')).toBe('0 B');
    expect(valueText(1234.5, 'count')).toBe('1,235');
  });
});
