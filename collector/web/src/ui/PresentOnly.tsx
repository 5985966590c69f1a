import { useAt } from '../lib/at';
import { presentOnly } from '../strings/en/present';
import { Banner } from './Notice';

/** While the past is looked at: that this part of a page has none on record. */
export function PresentOnly({ what }: { what: string }) {
  return useAt() ? <Banner tone="stale">{presentOnly(what)}</Banner> : null;
}
