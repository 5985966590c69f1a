import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { archiveHref, type HostArchive, retention, useDeleteArchive } from '../../api/retention';
import { useMay } from '../../lib/may';
import { listText } from '../../strings/en/govern/common';
import { archiveText, sizeText } from '../../strings/en/govern/retention';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Dialog';
import { Listing } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Stamp } from '../../ui/Time';

/** Hosts that are no more, as files. */
export function ArchivePage() {
  const list = useInfiniteQuery(retention.archives());
  const deletes = useMay()('retention.write', true);
  const [removing, setRemoving] = useState<HostArchive | null>(null);
  const remove = useDeleteArchive();
  const t = archiveText;
  const close = () => {
    remove.reset();
    setRemoving(null);
  };
  return (
    <Page title={t.title} sub={t.sub}>
      <section className="card" aria-label={t.title}>
        <Listing
          what={t.what}
          query={list}
          items={list.data?.pages.flatMap((page) => page.items) ?? []}
          lines={4}
          head={[t.host, t.retired, t.archived, t.size, { label: listText.actions, hidden: true }]}
          row={(host) => (
            <tr key={host.id}>
              <td className="cut">
                <b>{host.hostname}</b>
                <div className="muted mono">{host.id}</div>
              </td>
              <td className="cut">
                {host.reason}
                <div className="muted">
                  {host.retired_by}, <Stamp at={host.retired_at} />
                </div>
              </td>
              <td className="nowrap">
                <Stamp at={host.archived_at} />
                <div className="muted">{host.archived_by}</div>
              </td>
              <td className="nowrap num">
                {sizeText(host.bytes)}, {t.lines(host.lines)}
                <div className="muted mono" title={`${t.hash} ${host.sha256}`}>
                  {host.sha256.slice(0, 16)}…
                </div>
              </td>
              <td className="right nowrap">
                <a className="btn" href={archiveHref(host.id)} aria-label={t.fetchLabel(host.hostname)}>
                  {t.fetch}
                </a>{' '}
                {deletes && (
                  <Button
                    look="danger"
                    aria-label={t.removeLabel(host.hostname)}
                    onClick={() => setRemoving(host)}
                  >
                    {t.remove}
                  </Button>
                )}
              </td>
            </tr>
          )}
          empty={<Empty title={t.none}>{t.noneWhy}</Empty>}
        />
      </section>
      <Confirm
        opened={removing !== null}
        title={t.removeAsk(removing?.hostname ?? '')}
        action={t.remove}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => removing && remove.mutate(removing.id, { onSuccess: close })}
        onClose={close}
      >
        <p>{t.removeWhat}</p>
      </Confirm>
    </Page>
  );
}
