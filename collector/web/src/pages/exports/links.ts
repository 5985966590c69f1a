import type { LinkProps } from '@tanstack/react-router';
import type { SavedQuery } from '../../api/exports';
import { factsSearch } from '../facts/toSearch';

/** The page that shows a kept view; null for a list that has none here. */
export function viewLink({ list, filters }: Pick<SavedQuery, 'list' | 'filters'>): LinkProps | null {
  const search = filters as Record<string, string>;
  switch (list) {
    case 'hosts':
      return { to: '/hosts', search };
    case 'alerts':
      return { to: '/alerts', search };
    case 'facts':
      return { to: '/facts', search: factsSearch(search) };
    default:
      return null;
  }
}
