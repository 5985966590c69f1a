import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMay } from '../../lib/may';
import { COMPARISONS, type CompareView } from '../../lib/search/decide';
import { ViewTabs } from '../../parts/ViewTabs';
import { baselineWords, comparing } from '../../strings/en/decide';
import { Page } from '../../ui/Page';
import { OfBaseline } from './OfBaseline';
import { OfHosts } from './OfHosts';
import { OfInstants } from './OfInstants';

const route = getRouteApi('/signed-in/compare');

export type Panel = { view: CompareView; set: (part: Partial<CompareView>) => void };

/** Two instants of a host, a group or the fleet; a host or a group with a baseline; two hosts. */
export function ComparePage() {
  const view = route.useSearch();
  const setView = route.useNavigate();
  const may = useMay();
  const what = view.what ?? 'instants';
  const panel: Panel = {
    view,
    set: (part) => void setView({ search: (old) => ({ ...old, ...part }) }),
  };
  const panels: Record<typeof what, () => ReactNode> = {
    instants: () => <OfInstants {...panel} />,
    baseline: () => <OfBaseline {...panel} />,
    hosts: () => <OfHosts {...panel} />,
  };
  return (
    <Page
      title={comparing.title}
      sub={comparing.sub}
      actions={
        may('baselines.read') && (
          <Link className="btn" to="/baselines">
            {baselineWords.title}
          </Link>
        )
      }
    >
      <ViewTabs
        label={comparing.tabsLabel}
        tabs={COMPARISONS.map((id) => ({ id, word: comparing.tabs[id] }))}
        current={what}
        link={(id) => ({ to: '/compare', search: { what: id === 'instants' ? undefined : id } })}
      />
      <div role="tabpanel" id="panel" aria-labelledby={`tab-${what}`} className="panel stack">
        {panels[what]()}
      </div>
    </Page>
  );
}
