import { getRouteApi, Link } from '@tanstack/react-router';
import type { HostDetail, HostKind } from '../../api/client';
import { kindName, staleText } from '../../strings/en';
import { Shape } from '../../ui/Shape';

const route = getRouteApi('/signed-in/hosts/$id');

/** Kinds with how many facts each has now; of the past only the kinds themselves are known beforehand. */
export function KindPicker({ host, kind, past }: { host: HostDetail; kind: string; past: boolean }) {
  const setView = route.useNavigate();
  // A link may name a kind this host has no facts of; it is shown, so that the page is not a riddle.
  const known = host.kinds.some((each) => each.kind === kind);
  return (
    <>
      <nav className="kinds" aria-label="Kinds of facts">
        {host.kinds.map((each) => (
          <Link
            key={each.kind}
            to="/hosts/$id"
            params={{ id: host.id }}
            search={(old) => ({ ...old, kind: each.kind, q: undefined })}
            aria-current={each.kind === kind ? 'page' : undefined}
            data-active={each.kind === kind || undefined}
          >
            <span className="clip">{kindName(each.kind)}</span>
            {!past && each.stale && <StaleMark stale={each.stale} />}
            {!past && <span className="count num">{each.rows.toLocaleString('en')}</span>}
          </Link>
        ))}
      </nav>
      <label className="kinds-select">
        <span className="sr">Kind of facts</span>
        <select
          value={kind}
          onChange={(event) => {
            const next = event.target.value;
            void setView({ search: (old) => ({ ...old, kind: next, q: undefined }) });
          }}
        >
          {!known && <option value={kind}>{kindName(kind)}</option>}
          {host.kinds.map((each) => (
            <option key={each.kind} value={each.kind}>
              {kindName(each.kind)}
              {!past && ` (${each.rows}${each.stale ? ', stale' : ''})`}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

function StaleMark({ stale }: { stale: NonNullable<HostKind['stale']> }) {
  return (
    <span className="stale-mark" title={staleText(stale.reason)}>
      <Shape tone="warn" />
      <span className="sr">stale</span>
    </span>
  );
}
