/** Search in the documents: every word of the question is in what is found. */
import type { Document, Section } from './documents';

export type Found = { document: Document; section: Section; snippet: string; score: number };

const AROUND = 90;

/** The sections in which all words are, the best first. */
export function find(documents: readonly Document[], question: string, most: number): Found[] {
  const words = question.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const found = documents.flatMap((document) =>
    document.sections.flatMap((section): Found[] => {
      const score = scoreOf(document, section, words);
      return score === 0 ? [] : [{ document, section, score, snippet: snippet(section.text, words) }];
    }),
  );
  return found.sort((a, b) => b.score - a.score).slice(0, most);
}

/** Words in a title weigh most, then those in a heading, then each place in the text. */
function scoreOf({ title }: Document, { heading, text }: Section, words: readonly string[]): number {
  let score = 0;
  for (const word of words) {
    const places = text.toLowerCase().split(word).length - 1;
    const inHeading = heading.toLowerCase().includes(word);
    const inTitle = title.toLowerCase().includes(word);
    if (places === 0 && !inHeading && !inTitle) return 0;
    score += Math.min(places, 5) + (inHeading ? 10 : 0) + (inTitle ? 15 : 0);
  }
  return score;
}

/** The text around the first word that is in it. */
function snippet(text: string, words: readonly string[]): string {
  const lower = text.toLowerCase();
  const at = Math.max(
    0,
    Math.min(...words.map((word) => lower.indexOf(word)).filter((place) => place >= 0), text.length),
  );
  const from = at === text.length ? 0 : Math.max(0, at - AROUND);
  const to = Math.min(text.length, from + 2 * AROUND);
  return `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`;
}

/** A text in stretches, those marked in which a word was found. */
export function marked(text: string, question: string): { text: string; hit: boolean }[] {
  const words = question.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [{ text, hit: false }];
  const pattern = new RegExp(
    `(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`,
    'gi',
  );
  return text
    .split(pattern)
    .filter((part) => part !== '')
    .map((part) => ({ text: part, hit: words.includes(part.toLowerCase()) }));
}
