import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { HostDetail, HostKind } from '../../api/client';
import { queries } from '../../api/queries';
import { kindName, staleText } from '../../strings/en';
import { Shape } from '../../ui/Shape';

const route = getRouteApi('/signed-in/hosts/$id');

type Known = { kind: string; rows: number; stale?: HostKind['stale'] };
type Props = { host: HostDetail; kind: string; at: string | undefined };

/** Kinds with how many facts each has, or had at that instant. */
export function KindPicker({ host, kind, at }: Props) {
  const setView = route.useNavigate();
  const then = useQuery({ ...queries.kindsThen(host.id, at ?? ''), enabled: at !== undefined });
  // Until the past is known, and if it cannot be, today's kinds lead there as well.
  const listed: readonly Known[] = (at ? then.data?.items : undefined) ?? host.kinds;
  const counted = !at || then.data !== undefined;
  // A link may name a kind this host has no facts of; it is shown, so that the page is not a riddle.
  const known = listed.some((each) => each.kind === kind);
  const kinds = known ? listed : [{ kind, rows: 0 }, ...listed];
  return (
    <>
      <nav className="kinds" aria-label="Kinds of facts">
        {kinds.map((each) => (
          <Link
            key={each.kind}
            from="/hosts/$id"
            to="/hosts/$id"
            params={{ id: host.id }}
            search={(old) => ({ ...old, kind: each.kind, q: undefined })}
            aria-current={each.kind === kind ? 'page' : undefined}
            data-active={each.kind === kind || undefined}
          >
            <span className="clip">{kindName(each.kind)}</span>
            {!at && each.stale && <StaleMark stale={each.stale} />}
            {counted && <span className="count num">{each.rows.toLocaleString('en')}</span>}
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
          {kinds.map((each) => (
            <option key={each.kind} value={each.kind}>
              {kindName(each.kind)}
              {counted && ` (${each.rows.toLocaleString('en')}${!at && each.stale ? ', stale' : ''})`}
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
