import { describe, expect, it } from 'vitest';
import { moved, PRESETS, parseLayout, presetOf, WIDGETS } from './layout';

describe('parseLayout', () => {
  it.each([null, '', 'no json', '[]', '"text"', '{"order":5}'])(
    'takes what is not ours for nothing: %s',
    (text) => expect(parseLayout(text)).toEqual({ order: WIDGETS, hidden: [] }),
  );
  it('keeps the order, drops what it does not know, and puts what is new at the end', () => {
    const { order, hidden } = parseLayout('{"order":["worst","gone","score"],"hidden":["drift","gone"]}');
    expect(order.slice(0, 2)).toEqual(['worst', 'score']);
    expect([...order].sort()).toEqual([...WIDGETS].sort());
    expect(hidden).toEqual(['drift']);
  });
});

describe('moved', () => {
  it('passes over what is hidden', () => {
    const layout = { order: ['score', 'silent', 'alerts'] as const, hidden: ['silent'] as const };
    expect(moved(layout, 'alerts', -1, ['score', 'alerts']).order).toEqual(['alerts', 'score', 'silent']);
    expect(moved(layout, 'score', 1, ['score', 'alerts']).order).toEqual(['silent', 'alerts', 'score']);
  });
  it('leads nowhere beyond the ends', () => {
    const layout = PRESETS.everything;
    expect(moved(layout, 'score', -1, WIDGETS).order).toEqual(WIDGETS);
  });
});

it('knows a preset again', () => {
  expect(presetOf(parseLayout(JSON.stringify(PRESETS.auditor)))).toBe('auditor');
  expect(presetOf(moved(PRESETS.auditor, 'waivers', -1, PRESETS.auditor.order))).toBeUndefined();
});
