import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { catalogue } from '../../api/catalogue';
import { instants } from '../../api/compare';
import { useAt } from '../../lib/at';
import { Listing } from '../../parts/Listing';
import { Pick } from '../../parts/Pick';
import { GroupPicker, HostPicker } from '../../parts/pickers';
import { comparing } from '../../strings/en/decide';
import { Button } from '../../ui/Button';
import { InstantField } from '../../ui/InstantField';
import { Banner, Empty } from '../../ui/Notice';
import type { Panel } from './ComparePage';
import { TurnTable } from './TurnTable';

const HOUR_MS = 3_600_000;

/** What became of results between two instants. */
export function OfInstants({ view, set }: Panel) {
  const at = useAt();
  const { from, host, group, framework, profile } = view;
  const to = view.to ?? at;
  const known = useQuery(catalogue.frameworks());
  const named = useQuery(catalogue.profiles());
  const wrongOrder = from !== undefined && Date.parse(from) >= (to ? Date.parse(to) : Date.now());
  const list = useInfiniteQuery({
    ...instants({ from: from ?? '', to, host, group, framework, profile }),
    enabled: from !== undefined && !wrongOrder,
  });
  const ago = (hours: number) => {
    const end = to ? Date.parse(to) : Date.now();
    // To the second: an address that people read and send.
    set({ from: `${new Date(end - hours * HOUR_MS).toISOString().slice(0, 19)}Z` });
  };

  return (
    <>
      <section className="card" aria-label={comparing.tabs.instants}>
        <div className="body form">
          <HostPicker
            label={comparing.host}
            hint={comparing.scopeNote}
            value={host}
            onChange={(id) => set({ host: id, group: undefined })}
          />
          <GroupPicker
            label={comparing.group}
            value={group}
            onChange={(id) => set({ group: id, host: undefined })}
          />
          <div className="instants-form">
            <InstantField
              label={comparing.earlier}
              value={from}
              onChange={(instant) => set({ from: instant })}
            />
            <InstantField label={comparing.later} value={to} onChange={(instant) => set({ to: instant })} />
          </div>
          <div className="picks">
            <Pick
              label={comparing.framework}
              value={framework}
              all={comparing.everyRule}
              options={(known.data?.items ?? []).map(({ key }) => ({ value: key, word: key }))}
              onChange={(key) => set({ framework: key, profile: undefined })}
            />
            <Pick
              label={comparing.profile}
              value={profile}
              all={comparing.everyRule}
              options={(named.data?.items ?? []).map(({ key }) => ({ value: key, word: key }))}
              onChange={(key) => set({ profile: key, framework: undefined })}
            />
          </div>
        </div>
      </section>
      {wrongOrder && <Banner tone="warn">{comparing.wrongOrder}</Banner>}
      <section className="card" aria-label={comparing.list}>
        {from === undefined ? (
          <Empty
            title={comparing.noFrom}
            action={
              <div className="actions">
                {comparing.spans.map(({ word, hours }) => (
                  <Button key={hours} onClick={() => ago(hours)}>
                    {word}
                  </Button>
                ))}
              </div>
            }
          >
            {comparing.noFromWhy}
          </Empty>
        ) : (
          !wrongOrder && (
            <Listing list={list} words={comparing.words} filtered={false} onClear={() => undefined}>
              {(turns) => <TurnTable turns={turns} />}
            </Listing>
          )
        )}
      </section>
    </>
  );
}
