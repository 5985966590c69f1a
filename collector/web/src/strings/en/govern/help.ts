/** The documents. */
import { plural } from '../../en';

export const helpText = {
  title: 'Help',
  sub: 'The documents of this version, built into the console',
  pages: 'Documents',
  choose: 'Document',
  search: 'Search the documents',
  searchHint: 'A few words',
  found: (count: number, most: number) =>
    count >= most ? `The first ${most.toLocaleString('en')} places` : plural(count, 'place'),
  none: 'No document has all of these words',
  clear: 'Clear the search',
  missing: 'There is no such document',
  results: 'What was found',
};
