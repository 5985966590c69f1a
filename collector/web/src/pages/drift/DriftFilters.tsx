import { SEVERITIES } from '../../lib/search';
import {
  DRIFT_DIRECTIONS,
  DRIFT_LEVELS,
  DRIFT_SORTS,
  DRIFT_STATES,
  type DriftView,
} from '../../lib/search/decide';
import { Pick } from '../../parts/Pick';
import { drifting, driftWords, lists } from '../../strings/en/decide';
import { InstantField } from '../../ui/InstantField';
import { Search } from '../../ui/Search';

type Props = { view: DriftView; set: (part: Partial<DriftView>, replace?: boolean) => void };

export function DriftFilters({ view, set }: Props) {
  return (
    <>
      <Search
        label={drifting.search}
        placeholder={drifting.placeholder}
        value={view.q ?? ''}
        onSearch={(q) => set({ q: q || undefined }, true)}
      />
      <Pick
        label={drifting.state}
        value={view.state}
        all={drifting.all}
        options={DRIFT_STATES.map((value) => ({ value, word: driftWords.state[value].word }))}
        onChange={(state) => set({ state })}
      />
      <Pick
        label={drifting.sort}
        value={view.sort}
        all={drifting.all}
        options={DRIFT_SORTS.map((value) => ({ value, word: driftWords.sort[value].word }))}
        onChange={(sort) => set({ sort })}
      />
      <Pick
        label={drifting.level}
        value={view.level}
        all={drifting.all}
        options={DRIFT_LEVELS.map((value) => ({ value, word: driftWords.level[value] }))}
        onChange={(level) => set({ level })}
      />
      <Pick
        label={drifting.direction}
        value={view.direction}
        all={drifting.all}
        options={DRIFT_DIRECTIONS.map((value) => ({ value, word: driftWords.direction[value] }))}
        onChange={(direction) => set({ direction })}
      />
      <Pick
        label={lists.severity}
        value={view.severity}
        all={drifting.all}
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
