import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { type AuditRecord, audit } from '../../api/audit';
import { diffFields } from '../../lib/diff';
import type { Value } from '../../lib/facts';
import { auditText, recordText, streamWord } from '../../strings/en/govern/audit';
import { Card, Pair } from '../../ui/Card';
import { FieldDiff } from '../../ui/FieldDiff';
import { NotLoaded } from '../../ui/Listing';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { Stamp, StampAgo } from '../../ui/Time';
import { Outcome } from './Outcome';

const route = getRouteApi('/signed-in/settings/audit/$stream/$seq');

/** One record of the log, with what was before and what is after. */
export function RecordPage() {
  const { stream, seq } = route.useParams();
  const query = useQuery(audit.record(stream, Number(seq)));
  const record = query.data;
  const title = recordText.title((streamWord[stream] ?? stream).toLowerCase(), Number(seq));
  return (
    <Page
      title={title}
      sub={
        record && (
          <>
            <code className="mono">{record.action}</code>
            <Outcome outcome={record.outcome} />
            <Stamp at={record.at} />
          </>
        )
      }
      actions={
        <Link className="btn" to="/settings/audit">
          {recordText.back}
        </Link>
      }
    >
      {record ? (
        <>
          <Act record={record} />
          <Sides before={record.before} after={record.after} />
        </>
      ) : (
        <section className="card">
          {query.isError ? (
            <NotLoaded what={auditText.record} error={query.error} retry={query.refetch} />
          ) : (
            <Skeleton lines={8} />
          )}
        </section>
      )}
    </Page>
  );
}

function Act({ record }: { record: AuditRecord }) {
  const t = recordText;
  const { target } = record;
  return (
    <Card title={t.act}>
      <dl className="pairs">
        <Pair name={auditText.when}>
          <StampAgo at={record.at} />
        </Pair>
        <Pair name={auditText.actor}>
          {record.actor}{' '}
          <Link to="/settings/audit" search={{ actor: record.actor }}>
            {t.same}
          </Link>
        </Pair>
        <Pair name={t.how}>{record.how}</Pair>
        <Pair name={auditText.action}>
          <code className="mono">{record.action}</code>
        </Pair>
        {target && (
          <>
            <Pair name={t.object}>
              <span className="muted">{target.kind}</span> {target.name}{' '}
              <Link to="/settings/audit" search={{ target_kind: target.kind, target: target.id }}>
                {t.sameTarget}
              </Link>
            </Pair>
            <Pair name={t.objectId}>
              {target.kind === 'host' ? (
                <Link className="mono" to="/hosts/$id" params={{ id: target.id }}>
                  {target.id}
                </Link>
              ) : (
                <code className="mono">{target.id}</code>
              )}
            </Pair>
          </>
        )}
        <Pair name={auditText.address}>{record.address ?? auditText.socket}</Pair>
        {record.request && (
          <Pair name={t.request}>
            <code className="mono">{record.request}</code>
          </Pair>
        )}
        <Pair name={t.hash}>
          <code className="mono">{record.hash}</code>
          <div className="muted">{t.hashWhy}</div>
        </Pair>
      </dl>
    </Card>
  );
}

/** A side as fields: what is no object stands under one name. */
const side = (value: unknown): Value | null => {
  if (value === null || value === undefined) return null;
  return (typeof value === 'object' && !Array.isArray(value) ? value : { value }) as Value;
};

function Sides({ before, after }: { before: unknown; after: unknown }) {
  const fields = diffFields(side(before), side(after));
  return (
    <Card title={recordText.changed}>
      {fields.length === 0 ? (
        <p className="muted">{recordText.nothing}</p>
      ) : (
        <FieldDiff fields={fields} label={recordText.changed} />
      )}
    </Card>
  );
}
