import { expect, test } from 'vitest';
import { DOCUMENTS } from './documents';
import { find, marked } from './find';

test('the documents of the repository are here, each with a title', () => {
  expect(DOCUMENTS.length).toBeGreaterThan(15);
  expect(DOCUMENTS.find(({ name }) => name === 'access')?.title).toBe('Who may do what');
});

test('what is found has every word, and what is about it comes first', () => {
  const found = find(DOCUMENTS, 'audit verify', 10);
  expect(found[0]?.document.name).toBe('audit');
  for (const { document, section } of found) {
    const all = `${document.title} ${section.heading} ${section.text}`.toLowerCase();
    expect(all).toContain('audit');
    expect(all).toContain('verify');
  }
});

test('nothing is found by nothing, nor by a word that is nowhere', () => {
  expect(find(DOCUMENTS, ' ', 10)).toEqual([]);
  expect(find(DOCUMENTS, 'zzzzqq', 10)).toEqual([]);
});

test('words that were found are marked, whatever they are made of', () => {
  expect(marked('Ask (a) host', '(a) HOST')).toEqual([
    { text: 'Ask ', hit: false },
    { text: '(a)', hit: true },
    { text: ' ', hit: false },
    { text: 'host', hit: true },
  ]);
});
