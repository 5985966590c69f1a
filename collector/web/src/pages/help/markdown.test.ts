import { expect, test } from 'vitest';
import { type Block, type Inline, parse, plain, slug } from './markdown';

const text = (text: string): Inline => ({ sort: 'text', text });
const only = (source: string): Block => {
  const [block, ...others] = parse(source);
  expect(others).toEqual([]);
  return block as Block;
};

test('headings have their level and a name for addresses', () => {
  expect(only('## In the `console` (now)')).toMatchObject({
    sort: 'heading',
    level: 2,
    id: 'in-the-console-now',
    text: 'In the console (now)',
  });
  expect(slug('Why it cannot be edited')).toBe('why-it-cannot-be-edited');
});

test('lines of a paragraph are one, and what is marked in it is marked', () => {
  expect(only('A **role** is `a.b` of\n*some* [page](x.md#y).')).toEqual({
    sort: 'paragraph',
    parts: [
      text('A '),
      { sort: 'strong', parts: [text('role')] },
      text(' is '),
      { sort: 'code', text: 'a.b' },
      text(' of '),
      { sort: 'em', parts: [text('some')] },
      text(' '),
      { sort: 'link', to: 'x.md#y', parts: [text('page')] },
      text('.'),
    ],
  });
});

test('stars in code and stars alone mark nothing', () => {
  expect(only('`a*b*c` and 2 * 3 * 4')).toEqual({
    sort: 'paragraph',
    parts: [{ sort: 'code', text: 'a*b*c' }, text(' and 2 * 3 * 4')],
  });
});

test('code stands as it is, fenced or indented', () => {
  expect(only('```\n# no heading\n  | no table\n```')).toEqual({
    sort: 'code',
    text: '# no heading\n  | no table',
  });
  expect(only('    one\n      two')).toEqual({ sort: 'code', text: 'one\n  two' });
});

test('a table has cells, and a bar in code separates none', () => {
  const table = only('| a | b |\n|---|:-:|\n| `x|y` | p \\| q |\n| 1 | |');
  expect(table.sort).toBe('table');
  if (table.sort !== 'table') return;
  expect(table.head.map(plain)).toEqual(['a', 'b']);
  expect(table.rows.map((row) => row.map(plain))).toEqual([
    ['x|y', 'p | q'],
    ['1', ''],
  ]);
});

test('items of a list go on below, and hold lists of their own', () => {
  const list = only('- one\n  goes on\n- two\n  - inner\n\n  after a gap\n- three');
  expect(list.sort).toBe('list');
  if (list.sort !== 'list') return;
  expect(list.items.map((item) => item.map(({ sort }) => sort))).toEqual([
    ['paragraph'],
    ['paragraph', 'list', 'paragraph'],
    ['paragraph'],
  ]);
});

test('a numbered list ends before a paragraph', () => {
  expect(parse('1. one\n2. two\n\nText').map(({ sort }) => sort)).toEqual(['list', 'paragraph']);
});

test('a bar that begins no table is text', () => {
  expect(only('| a').sort).toBe('paragraph');
});

test('what would be markup in a page is text', () => {
  expect(only('<img src=x onerror=alert(1)>')).toEqual({
    sort: 'paragraph',
    parts: [text('<img src=x onerror=alert(1)>')],
  });
});
