import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Retention, retention } from '../../api/retention';
import { useMay } from '../../lib/may';
import { listText } from '../../strings/en/govern/common';
import { retentionText, sizeText } from '../../strings/en/govern/retention';
import { Button } from '../../ui/Button';
import { Listing } from '../../ui/Listing';
import { Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { Stamp } from '../../ui/Time';
import { KeepForm } from './KeepForm';

/** How long each kind of history is kept, and what was let go. */
export function RetentionPage() {
  const kinds = useQuery(retention.kinds());
  const writes = useMay()('retention.write', true);
  const [editing, setEditing] = useState<string | null>(null);
  const t = retentionText;
  return (
    <Page title={t.title} sub={t.sub}>
      {editing && <KeepForm key={editing} id={editing} onClose={() => setEditing(null)} />}
      <section className="card" aria-label={t.title}>
        {kinds.isError && <Failed what={t.failed} error={kinds.error} retry={() => void kinds.refetch()} />}
        {kinds.isPending && <Skeleton lines={12} label={t.what} />}
        {kinds.data && (
          <section className="scroll" aria-label={t.what} tabIndex={0}>
            <table className="plain">
              <thead>
                <tr>
                  <th>{t.kind}</th>
                  <th>{t.kept}</th>
                  <th className="right">{t.past}</th>
                  <th>{t.by}</th>
                  {writes && (
                    <th>
                      <span className="sr">{listText.actions}</span>
                    </th>
                  )}
                </tr>
              </thead>
              <tbody>
                {kinds.data.items.map((kind) => (
                  <Row key={kind.kind} kind={kind} onEdit={writes ? setEditing : undefined} />
                ))}
              </tbody>
            </table>
          </section>
        )}
      </section>
      <Runs />
    </Page>
  );
}

function Row({ kind, onEdit }: { kind: Retention; onEdit?: (kind: string) => void }) {
  const t = retentionText;
  return (
    <tr>
      <td>
        <span className="mono">{kind.kind}</span>
        <div className="muted">{kind.about}</div>
      </td>
      <td className="nowrap num">{t.time(kind.keep, kind.unit)}</td>
      <td className="right nowrap num">
        {t.rows(kind.rows)}
        <div className="muted">{sizeText(kind.bytes)}</div>
      </td>
      <td className="nowrap">
        {kind.set_by ?? <span className="muted">{t.asConfigured}</span>}
        {kind.set_at && (
          <div className="muted">
            <Stamp at={kind.set_at} />
          </div>
        )}
      </td>
      {onEdit && (
        <td className="right">
          <Button aria-label={t.changeLabel(kind.kind)} onClick={() => onEdit(kind.kind)}>
            {t.change}
          </Button>
        </td>
      )}
    </tr>
  );
}

function Runs() {
  const runs = useInfiniteQuery(retention.runs());
  const t = retentionText;
  return (
    <section className="card" aria-label={t.runs}>
      <header>
        <h2>{t.runs}</h2>
      </header>
      <Listing
        what={t.runsWhat}
        query={runs}
        items={runs.data?.pages.flatMap((page) => page.items) ?? []}
        lines={3}
        head={[t.when, t.kind, t.before, { label: t.rowsHead, right: true }, { label: t.size, right: true }]}
        row={(run) => (
          <tr key={`${run.at}-${run.kind}`}>
            <td>
              <Stamp at={run.at} />
            </td>
            <td className="mono">{run.kind}</td>
            <td>
              <Stamp at={run.before} />
            </td>
            <td className="right num">{run.rows.toLocaleString('en')}</td>
            <td className="right num nowrap">{sizeText(run.bytes)}</td>
          </tr>
        )}
        empty={<Empty title={t.noRuns}>{t.noRunsWhy}</Empty>}
      />
    </section>
  );
}
