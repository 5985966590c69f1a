/** The part of Markdown that our documents are written in, as a tree. What is not known stays text. */
export type Inline =
  | { sort: 'text' | 'code'; text: string }
  | { sort: 'strong' | 'em'; parts: Inline[] }
  | { sort: 'link'; to: string; parts: Inline[] };

export type Block =
  | { sort: 'heading'; level: number; id: string; parts: Inline[]; text: string }
  | { sort: 'paragraph'; parts: Inline[] }
  | { sort: 'code'; text: string }
  | { sort: 'list'; ordered: boolean; items: Block[][] }
  | { sort: 'table'; head: Inline[][]; rows: Inline[][][] };

const ITEM = /^( *)([-*]|\d+\.) +(.*)$/;
const HEADING = /^(#{1,6}) +(.+?)\s*#*$/;
const FENCE = /^ *```/;
const RULE = /^\|?[ :|-]*-[ :|-]*\|?$/;

/** A heading's name in addresses, as code hosts make it. */
export const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

export function parse(source: string): Block[] {
  return blocks(source.replaceAll('\r', '').split('\n'));
}

function blocks(lines: readonly string[]): Block[] {
  const found: Block[] = [];
  let at = 0;
  const until = (isEnd: (line: string) => boolean): string[] => {
    const from = at;
    while (at < lines.length && !isEnd(lines[at] ?? '')) at += 1;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const heading = HEADING.exec(line);
    if (line.trim() === '') {
      at += 1;
    } else if (FENCE.test(line)) {
      at += 1;
      const text = dedent(until((each) => FENCE.test(each)));
      at += 1;
      found.push({ sort: 'code', text });
    } else if (heading) {
      at += 1;
      const parts = inline(heading[2] ?? '');
      const text = plain(parts);
      found.push({ sort: 'heading', level: heading[1]?.length ?? 1, id: slug(text), parts, text });
    } else if (line.startsWith('|') && RULE.test(lines[at + 1] ?? '')) {
      const [head, , ...rows] = until((each) => !each.startsWith('|'));
      found.push({ sort: 'table', head: cells(head ?? ''), rows: rows.map(cells) });
    } else if (ITEM.test(line)) {
      found.push(list(until(endOfList(lines, () => at))));
    } else if (/^ {4}/.test(line)) {
      const text = dedent(until((each) => each.trim() !== '' && !/^ {4}/.test(each)));
      found.push({ sort: 'code', text: text.trimEnd() });
    } else {
      // Its first line is the paragraph's, whatever it looks like.
      at += 1;
      const rest = until((each) => each.trim() === '' || isBlock(each));
      const text = [line, ...rest].map((each) => each.trim());
      found.push({ sort: 'paragraph', parts: inline(text.join(' ')) });
    }
  }
  return found;
}

const isBlock = (line: string): boolean =>
  FENCE.test(line) || HEADING.test(line) || ITEM.test(line) || line.startsWith('|');

/** A list ends before a line that is neither an item nor indented under one. */
function endOfList(lines: readonly string[], at: () => number): (line: string) => boolean {
  return (line) => {
    if (line.trim() === '') {
      const next = lines.slice(at() + 1).find((each) => each.trim() !== '') ?? '';
      return !/^ +\S/.test(next) && !ITEM.test(next);
    }
    const before = lines[at() - 1] ?? '';
    // A line that goes on right below an item belongs to it, however it is indented.
    return !/^ +\S/.test(line) && !ITEM.test(line) && (before.trim() === '' || isBlock(line));
  };
}

function list(lines: readonly string[]): Block {
  const first = ITEM.exec(lines[0] ?? '');
  const depth = first?.[1]?.length ?? 0;
  const items: string[][] = [];
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item && (item[1]?.length ?? 0) <= depth) items.push([item[3] ?? '']);
    else items.at(-1)?.push(line);
  }
  return {
    sort: 'list',
    ordered: /\d/.test(first?.[2] ?? ''),
    items: items.map(([head = '', ...rest]) =>
      blocks([head, ...rest.map((line) => line.slice(indent(rest)))]),
    ),
  };
}

/** How far all of these lines are indented. */
const indent = (lines: readonly string[]): number => {
  const depths = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  return depths.length === 0 ? 0 : Math.min(...depths);
};

const dedent = (lines: readonly string[]): string => {
  const depth = indent(lines);
  return lines.map((line) => line.slice(depth)).join('\n');
};

/** The cells of a row; a bar in code or behind a backslash separates none. */
function cells(row: string): Inline[][] {
  const found: string[] = [''];
  let code = false;
  for (let at = 1; at < row.length; at += 1) {
    const letter = row[at] ?? '';
    if (letter === '\\' && row[at + 1] === '|') {
      found[found.length - 1] += '|';
      at += 1;
    } else if (letter === '|' && !code) {
      found.push('');
    } else {
      if (letter === '`') code = !code;
      found[found.length - 1] += letter;
    }
  }
  if (found.at(-1)?.trim() === '') found.pop();
  return found.map((cell) => inline(cell.trim()));
}

const MARK =
  /(`+)(.+?)\1(?!`)|\*\*(.+?)\*\*|\*(?=\S)([^*]+?)(?<=\S)\*|\[((?:[^[\]]|\[[^\]]*\])+)\]\(([^()\s]+)\)/;

function inline(text: string): Inline[] {
  const found: Inline[] = [];
  let rest = text;
  for (let mark = MARK.exec(rest); mark; mark = MARK.exec(rest)) {
    if (mark.index > 0) found.push({ sort: 'text', text: rest.slice(0, mark.index) });
    const [whole, ticks, code, strong, em, name, to] = mark;
    if (ticks) found.push({ sort: 'code', text: code?.trim() ?? '' });
    else if (strong) found.push({ sort: 'strong', parts: inline(strong) });
    else if (em) found.push({ sort: 'em', parts: inline(em) });
    else found.push({ sort: 'link', to: to ?? '', parts: inline(name ?? '') });
    rest = rest.slice(mark.index + whole.length);
  }
  if (rest) found.push({ sort: 'text', text: rest });
  return found;
}

/** The text alone. */
export const plain = (parts: readonly Inline[]): string =>
  parts.map((part) => ('text' in part ? part.text : plain(part.parts))).join('');
