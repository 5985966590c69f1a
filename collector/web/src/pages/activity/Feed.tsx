import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { activity, activityNews, entryKey } from '../../api/activity';
import type { ActivityView } from '../../lib/search/decide';
import { Listing } from '../../parts/Listing';
import { happenings } from '../../strings/en/decide';
import { Button } from '../../ui/Button';
import { Banner } from '../../ui/Notice';
import { Entry } from './Entry';

type Props = {
  view: ActivityView;
  filtered: boolean;
  onClear: () => void;
  /** The host of whose page this is a part: it is not said again. */
  ofHost?: boolean;
};

/** What happened, the newest first. What happens meanwhile is announced, and shown when it is asked for. */
export function Feed({ view, filtered, onClear, ofHost }: Props) {
  const client = useQueryClient();
  const asked = activity(view);
  const list = useInfiniteQuery(asked);
  const pages = list.data?.pages;
  const entries = pages?.flatMap((page) => page.items) ?? [];
  const hidden = pages?.[0]?.hidden ?? [];
  // Of an empty list everything is news; the collector's clock, not ours, says what came after what.
  const newest = entries[0]?.at ?? view.since;
  const news = useQuery({ ...activityNews(view, newest), enabled: list.isSuccess });
  const shown = new Set(entries.map(entryKey));
  const fresh = (news.data?.items ?? []).filter((entry) => !shown.has(entryKey(entry))).length;

  return (
    <>
      {hidden.length > 0 && (
        <Banner tone="stale">
          {happenings.hidden(hidden.map((source) => happenings.sources[source]).join(', '))}
        </Banner>
      )}
      <div className="news" role="status">
        {fresh > 0 && (
          <Button
            look="primary"
            aria-label={happenings.newsSpoken(fresh)}
            // From its first page on: pages that were read behind it are of another list now.
            onClick={() => void client.resetQueries({ queryKey: asked.queryKey })}
          >
            {happenings.news(fresh)}
          </Button>
        )}
      </div>
      <Listing list={list} words={happenings.words} filtered={filtered} onClear={onClear}>
        {(items) => (
          <ol className="feed" aria-label={happenings.list}>
            {items.map((entry, index) => (
              // Two entries may be alike in all that names them; the place tells them apart.
              // biome-ignore lint/suspicious/noArrayIndexKey: entries only ever come behind these
              <Entry key={`${entryKey(entry)} ${index}`} entry={entry} ofHost={ofHost} />
            ))}
          </ol>
        )}
      </Listing>
    </>
  );
}
