import { SEVERITIES } from '../../lib/search';
import { ACTIVITY_SOURCES, type ActivityView } from '../../lib/search/decide';
import { Pick } from '../../parts/Pick';
import { happenings, lists } from '../../strings/en/decide';
import { InstantField } from '../../ui/InstantField';
import { Search } from '../../ui/Search';

type Props = { view: ActivityView; set: (part: Partial<ActivityView>, replace?: boolean) => void };

export function FeedFilters({ view, set }: Props) {
  return (
    <>
      <Search
        label={happenings.search}
        placeholder={happenings.placeholder}
        value={view.q ?? ''}
        onSearch={(q) => set({ q: q || undefined }, true)}
      />
      <Pick
        label={happenings.source}
        value={view.source}
        all={happenings.every}
        options={ACTIVITY_SOURCES.map((value) => ({ value, word: happenings.sources[value] }))}
        onChange={(source) => set({ source })}
      />
      <Pick
        label={lists.severity}
        value={view.severity}
        all={happenings.all}
        options={SEVERITIES.slice(1).map((value) => ({
          value,
          word: lists.atLeast(value),
        }))}
        onChange={(severity) => set({ severity })}
      />
      <InstantField label={lists.since} value={view.since} onChange={(since) => set({ since })} />
      <InstantField label={lists.until} value={view.until} onChange={(until) => set({ until })} />
    </>
  );
}
