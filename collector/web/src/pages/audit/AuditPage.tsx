import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type AuditEntry, audit, exportAddress } from '../../api/audit';
import { useMay } from '../../lib/may';
import { auditText } from '../../strings/en/govern/audit';
import { listText } from '../../strings/en/govern/common';
import { Button } from '../../ui/Button';
import { Listing } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Stamp } from '../../ui/Time';
import { AuditFilters, isFiltered } from './AuditFilters';
import { Outcome } from './Outcome';
import { VerifyCard } from './VerifyCard';

const route = getRouteApi('/signed-in/settings/audit');

/** What was done and refused on this installation, and whether the record of it is whole. */
export function AuditPage() {
  const view = route.useSearch();
  const setView = route.useNavigate();
  const may = useMay();
  const list = useInfiniteQuery(audit.list(view));
  const [verifying, setVerifying] = useState(false);
  const records = list.data?.pages.flatMap((page) => page.items) ?? [];
  const t = auditText;
  return (
    <Page
      title={t.title}
      sub={t.sub}
      actions={
        <>
          {may('audit.export') && (
            <>
              <a className="btn" href={exportAddress(view, 'jsonl')} download title={t.exportWhy}>
                {t.exportJsonl}
              </a>
              <a className="btn" href={exportAddress(view, 'csv')} download title={t.exportWhy}>
                {t.exportCsv}
              </a>
            </>
          )}
          <Button look="primary" onClick={() => setVerifying(true)}>
            {t.verify}
          </Button>
        </>
      }
    >
      {verifying && <VerifyCard onHide={() => setVerifying(false)} />}
      <section className="card" aria-label={t.title}>
        <AuditFilters
          view={view}
          onChange={(change) => void setView({ search: (old) => ({ ...old, ...change }) })}
        />
        <Listing
          what={t.what}
          query={list}
          items={records}
          lines={12}
          head={[t.when, t.actor, t.action, t.target, t.outcome, t.address]}
          row={(record) => <Row key={`${record.stream} ${record.seq}`} record={record} />}
          empty={
            isFiltered(view) ? (
              <Empty
                title={t.noMatch}
                action={<Button onClick={() => void setView({ search: {} })}>{listText.clear}</Button>}
              >
                {t.noMatchWhy}
              </Empty>
            ) : (
              <Empty title={t.none}>{t.noneWhy}</Empty>
            )
          }
        />
      </section>
    </Page>
  );
}

function Row({ record }: { record: AuditEntry }) {
  return (
    <tr>
      <td className="nowrap">
        <Link
          className="name"
          to="/settings/audit/$stream/$seq"
          params={{ stream: record.stream, seq: String(record.seq) }}
        >
          <Stamp at={record.at} />
        </Link>
      </td>
      <td className="cut">{record.actor}</td>
      <td className="nowrap">
        <code className="mono">{record.action}</code>
      </td>
      <td className="cut">
        {record.target ? (
          <>
            <span className="muted">{record.target.kind}</span> {record.target.name || record.target.id}
          </>
        ) : (
          <span className="muted">–</span>
        )}
      </td>
      <td>
        <Outcome outcome={record.outcome} />
      </td>
      <td className="nowrap num">{record.address ?? <span className="muted">{auditText.socket}</span>}</td>
    </tr>
  );
}
