import { expect, test } from 'vitest';
import type { Layer } from '../../api/layers';
import { toDraft, toLayer, variables } from './draft';

const LAYER: Layer = {
  reconcile_s: 3600,
  metrics: { enabled: false, send_every_s: 30 },
  kinds: { package: { enabled: true, every_s: 60 } },
  compliance: {
    profiles: ['cis-debian12-l1-server'],
    variables: { tries: 3, 'banner.text': 'Authorised use only', code: '007', list: ['a', 'b'], empty: '' },
  },
  drift: { major_points: 12 },
};

test('a layer comes back from its draft as it was', () => {
  const back = toLayer(toDraft(LAYER));
  expect(JSON.parse(JSON.stringify(back))).toEqual(LAYER);
});

test('what a layer does not say, its draft does not say either', () => {
  const back = toLayer(toDraft({}));
  expect(JSON.parse(JSON.stringify(back))).toEqual({
    metrics: {},
    kinds: {},
    compliance: { profiles: [], variables: {} },
  });
});

test('a value is a number, a list or a text in quotes as JSON has them, else the text itself', () => {
  expect(variables('a = 3\nb = "3"\nc = [1, 2]\nd = no way\n\ne = [open')).toEqual({
    a: 3,
    b: '3',
    c: [1, 2],
    d: 'no way',
    e: '[open',
  });
});

test('a line without a name makes no layer', () => {
  expect(variables('tries')).toBeNull();
  expect(toLayer({ ...toDraft({}), variables: '= 3' })).toBeNull();
});

test('a kind of which nothing is said is not sent', () => {
  const draft = { ...toDraft({}), kinds: [{ kind: 'user', enabled: '' as const, every: '' }] };
  expect(toLayer(draft)?.kinds).toEqual({});
});
