/** The repository's documents, built into this part of the console. */
import { type Block, parse, plain } from './markdown';

const files = import.meta.glob<string>('../../../../../docs/*.md', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** A stretch of a document under one heading. */
export type Section = { id: string; heading: string; text: string };
export type Document = { name: string; title: string; blocks: Block[]; sections: Section[] };

function toDocument(path: string, source: string): Document {
  const name = path.replace(/^.*\/|\.md$/g, '');
  const blocks = parse(source);
  const title = blocks.find((block) => block.sort === 'heading')?.text ?? name;
  return { name, title, blocks, sections: sections(blocks, title) };
}

export function sections(blocks: readonly Block[], title: string): Section[] {
  const found: Section[] = [{ id: '', heading: title, text: '' }];
  for (const block of blocks) {
    if (block.sort === 'heading') found.push({ id: block.id, heading: block.text, text: '' });
    else {
      const last = found.at(-1);
      if (last) last.text = `${last.text} ${textOf(block)}`.trim();
    }
  }
  return found.filter(({ text }) => text !== '');
}

function textOf(block: Block): string {
  switch (block.sort) {
    case 'heading':
    case 'code':
      return block.text;
    case 'paragraph':
      return plain(block.parts);
    case 'list':
      return block.items.flatMap((item) => item.map(textOf)).join(' ');
    case 'table':
      return [block.head, ...block.rows].flatMap((row) => row.map(plain)).join(' ');
  }
}

export const DOCUMENTS: readonly Document[] = Object.entries(files)
  .map(([path, source]) => toDocument(path, source))
  .sort((a, b) => a.title.localeCompare(b.title, 'en'));
