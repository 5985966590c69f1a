import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { queries } from '../api/queries';
import { connect } from '../lib/live';
import { Banner } from '../ui/Notice';
import { Nav } from './Nav';
import { Proof } from './Proof';
import { useShortcuts } from './shortcuts';
import { PastStrip } from './TimeMachine';
import { TopBar } from './TopBar';

const Shortcuts = lazy(() => import('./Shortcuts').then((module) => ({ default: module.Shortcuts })));
const Palette = lazy(() => import('./Palette').then((module) => ({ default: module.Palette })));

/** The frame of every signed-in page; the live feed is open while it stands. */
export function Shell() {
  const client = useQueryClient();
  useEffect(() => connect(client), [client]);
  const { data: session } = useQuery(queries.session());

  const [palette, setPalette] = useState(false);
  const opener = useRef<Element | null>(null);
  const openPalette = () => {
    opener.current = document.activeElement;
    setPalette(true);
  };
  const closePalette = () => {
    setPalette(false);
    if (opener.current instanceof HTMLElement) opener.current.focus({ preventScroll: true });
  };
  const [keys, setKeys] = useState(false);
  const openKeys = () => {
    opener.current = document.activeElement;
    setKeys(true);
  };
  const closeKeys = () => {
    setKeys(false);
    if (opener.current instanceof HTMLElement) opener.current.focus({ preventScroll: true });
  };
  useShortcuts(() => (palette ? closePalette() : openPalette()), openKeys);

  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const shown = useRef(path);
  useEffect(() => {
    // A new page starts at its top, for the eye and for the keyboard. A changed tab or filter does not.
    if (shown.current === path) return;
    shown.current = path;
    main.current?.focus({ preventScroll: true });
    main.current?.scrollTo(0, 0);
  }, [path]);

  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to content
      </a>
      <TopBar onSearch={openPalette} onKeys={openKeys} />
      <PastStrip />
      <Nav />
      <main className="main" id="main" ref={main} tabIndex={-1}>
        {session?.alert && (
          <Banner tone="fail">
            This is the account for emergencies. Everything done with it is told to whoever watches.
          </Banner>
        )}
        <Proof>
          <Outlet />
        </Proof>
      </main>
      {keys && (
        <Suspense fallback={null}>
          <Shortcuts onClose={closeKeys} />
        </Suspense>
      )}
      {palette && (
        <Suspense fallback={null}>
          <Palette onClose={closePalette} />
        </Suspense>
      )}
    </div>
  );
}
