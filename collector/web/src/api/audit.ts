/** The audit log: asked, verified, taken away. */
import { queryOptions } from '@tanstack/react-query';
import type { AuditView } from '../lib/search/govern';
import { api, unwrap } from './client';
import { paged } from './page';
import type { components } from './schema';

export type AuditEntry = components['schemas']['AuditEntry'];
export type AuditFault = components['schemas']['AuditFault'];
export type AuditRecord = components['schemas']['AuditRecord'];
export type AuditLine = components['schemas']['AuditVerification'];

const RECORDS_A_PAGE = 100;

/** The filters alone: what else a URL has is not the log's. */
const filters = ({
  stream,
  actor,
  action,
  outcome,
  target_kind,
  target,
  address,
  from,
  to,
  q,
}: AuditView) => ({
  stream,
  actor,
  action,
  outcome,
  target_kind,
  target,
  address,
  from,
  to,
  q,
});

export const audit = {
  list: (view: AuditView) => ({
    ...paged(['audit', 'list', filters(view)], (cursor, signal) =>
      unwrap(
        api.GET('/api/v1/audit', {
          params: { query: { ...filters(view), cursor, limit: RECORDS_A_PAGE } },
          signal,
        }),
      ),
    ),
    // Every request may be a record: what was read a moment ago is old.
    staleTime: 0,
  }),

  record: (stream: string, seq: number) =>
    queryOptions({
      queryKey: ['audit', 'record', stream, seq],
      queryFn: ({ signal }) =>
        unwrap(api.GET('/api/v1/audit/{stream}/{seq}', { params: { path: { stream, seq } }, signal })),
    }),
};

/** Has the collector walk the whole log, and hands over each line of its answer as it comes. */
export async function verify(onLine: (line: AuditLine) => void, signal: AbortSignal): Promise<void> {
  const body = await unwrap<ReadableStream<Uint8Array<ArrayBuffer>> | null>(
    api.GET('/api/v1/audit/verify', { parseAs: 'stream', signal }),
  );
  if (!body) return;
  let rest = '';
  for await (const text of chunks(body.pipeThrough(new TextDecoderStream()))) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line) onLine(JSON.parse(line));
  }
  if (rest) onLine(JSON.parse(rest));
}

async function* chunks(stream: ReadableStream<string>): AsyncGenerator<string> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** Where a file of the records that a view shows is had. */
export function exportAddress(view: AuditView, format: 'jsonl' | 'csv'): string {
  const query = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(filters(view))) if (value) query.set(name, value);
  return `/api/v1/audit/export?${query}`;
}
