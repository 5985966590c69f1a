import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type Baseline, baselineFacts, baselineResults, baselines } from '../../api/compare';
import { useAt } from '../../lib/at';
import { Diff, DiffSwitch, type DiffView } from '../../parts/Diff';
import { Listing } from '../../parts/Listing';
import { HostLink, useGroupName, useHostName } from '../../parts/names';
import { Pick } from '../../parts/Pick';
import { KINDS, kindName } from '../../strings/en';
import { comparing, story } from '../../strings/en/decide';
import { InstantField } from '../../ui/InstantField';
import { Banner, Empty } from '../../ui/Notice';
import { Stamp } from '../../ui/Time';
import type { Panel } from './ComparePage';
import { TurnTable } from './TurnTable';

/** What became of results or of facts since an instant that somebody keeps. */
export function OfBaseline({ view, set }: Panel) {
  const at = useAt();
  const list = useInfiniteQuery(baselines({}));
  const all = list.data?.pages.flatMap((page) => page.items) ?? [];
  const chosen = all.find(({ id }) => id === view.baseline);
  const of = view.of ?? 'results';
  const to = view.to ?? at;
  return (
    <section className="card" aria-label={comparing.tabs.baseline}>
      <header>
        <Pick
          label={comparing.baseline}
          value={view.baseline}
          all={comparing.chooseBaseline}
          options={all.map(({ id, name }) => ({ value: id, word: name }))}
          onChange={(baseline) => set({ baseline })}
        />
        <Pick
          label={comparing.ofLabel}
          value={view.of === 'facts' ? 'facts' : undefined}
          all={comparing.of.results}
          options={[{ value: 'facts', word: comparing.of.facts }]}
          onChange={(next) => set({ of: next })}
        />
        {of === 'facts' && (
          <Pick
            label={comparing.kind}
            value={view.kind}
            all={comparing.allKinds}
            options={KINDS.map((kind) => ({ value: kind, word: kindName(kind) }))}
            onChange={(kind) => set({ kind })}
          />
        )}
        <span className="grow" />
        {of === 'facts' && (
          <DiffSwitch
            view={view.view ?? 'unified'}
            onChange={(next) => set({ view: next === 'split' ? next : undefined })}
          />
        )}
        <InstantField label={comparing.later} value={to} onChange={(instant) => set({ to: instant })} />
      </header>
      {chosen && <About baseline={chosen} />}
      {view.baseline === undefined && (
        <Empty
          title={comparing.noBaseline}
          action={
            <Link className="btn" to="/baselines">
              {comparing.allBaselines}
            </Link>
          }
        >
          {comparing.noBaselineWhy}
        </Empty>
      )}
      {chosen && !chosen.kept && <Banner tone="warn">{comparing.gone}</Banner>}
      {view.baseline !== undefined && chosen?.kept !== false && of === 'results' && (
        <Results id={view.baseline} to={to} />
      )}
      {view.baseline !== undefined && chosen?.kept !== false && of === 'facts' && (
        <Facts
          id={view.baseline}
          to={to}
          kind={view.kind}
          view={view.view ?? 'unified'}
          onClear={() => set({ kind: undefined })}
        />
      )}
    </section>
  );
}

function About({ baseline }: { baseline: Baseline }) {
  const host = useHostName(baseline.host ?? undefined);
  const group = useGroupName(baseline.group ?? undefined);
  return (
    <p className="body muted about">
      <span>{host ?? group}</span>
      <span>
        {comparing.heldOn} <Stamp at={baseline.at} />
      </span>
      <span>{baseline.profile ?? baseline.framework ?? comparing.everyRule}</span>
      {baseline.note && <span>{baseline.note}</span>}
    </p>
  );
}

function Results({ id, to }: { id: string; to: string | undefined }) {
  const list = useInfiniteQuery(baselineResults(id, to));
  return (
    <Listing list={list} words={comparing.words} filtered={false} onClear={() => undefined}>
      {(turns) => <TurnTable turns={turns} />}
    </Listing>
  );
}

type FactsProps = {
  id: string;
  to: string | undefined;
  kind: string | undefined;
  view: DiffView;
  onClear: () => void;
};

function Facts({ id, to, kind, view, onClear }: FactsProps) {
  const list = useInfiniteQuery(baselineFacts(id, kind, to));
  return (
    <Listing list={list} words={comparing.factWords} filtered={kind !== undefined} onClear={onClear}>
      {(facts) => (
        <ol className="instants">
          {facts.map((fact) => (
            <li key={`${fact.host.id} ${fact.kind} ${fact.key}`}>
              <article className="change" aria-label={`${fact.host.hostname}: ${fact.key}`}>
                <header>
                  <span className="verb">{comparing.factTurn[fact.turn]}</span>
                  <span className="muted">{kindName(fact.kind)}</span>
                  <code className="mono strong">{fact.key}</code>
                  <HostLink id={fact.host.id} name={fact.host.hostname} />
                </header>
                <Diff
                  before={fact.before}
                  after={fact.after}
                  view={view}
                  label={story.diff(fact.key, fact.host.hostname)}
                />
              </article>
            </li>
          ))}
        </ol>
      )}
    </Listing>
  );
}
