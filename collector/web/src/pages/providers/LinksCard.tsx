import { useInfiniteQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { type IdentityLink, providers, useAddLink, useRemoveLink } from '../../api/providers';
import { listText } from '../../strings/en/govern/common';
import { linksText } from '../../strings/en/govern/providers';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Confirm } from '../../ui/Dialog';
import { TextField } from '../../ui/fields';
import { Listing } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';
import { SaveBar } from '../../ui/SaveBar';
import { Ago } from '../../ui/Time';

/** Which people of a provider are which accounts. */
export function LinksCard({ provider, writes }: { provider: string; writes: boolean }) {
  const list = useInfiniteQuery(providers.links(provider));
  const remove = useRemoveLink(provider);
  const [removing, setRemoving] = useState<IdentityLink | null>(null);
  const t = linksText;
  const close = () => {
    setRemoving(null);
    remove.reset();
  };
  return (
    <Card title={t.title} flush>
      <Listing
        what={t.what}
        query={list}
        items={list.data?.pages.flatMap((page) => page.items) ?? []}
        lines={3}
        head={[t.subject, t.account, t.made, t.used, { label: listText.actions, hidden: true }]}
        row={(link) => (
          <tr key={link.id}>
            <td className="cut">
              <code className="mono">{link.subject}</code>
            </td>
            <td>{link.account}</td>
            <td className="nowrap">
              <Ago at={link.created_at} /> {t.by} {link.created_by}
            </td>
            <td>{link.used_at ? <Ago at={link.used_at} /> : <span className="muted">{t.never}</span>}</td>
            <td className="right">
              {writes && (
                <Button aria-label={t.removeLabel(link.subject)} onClick={() => setRemoving(link)}>
                  {t.remove}
                </Button>
              )}
            </td>
          </tr>
        )}
        empty={<Empty title={t.none}>{t.noneWhy}</Empty>}
      />
      {writes && <AddLink provider={provider} />}
      <Confirm
        opened={removing !== null}
        title={t.removeAsk(removing?.subject ?? '')}
        action={t.removeAction}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => removing && remove.mutate(removing.id, { onSuccess: close })}
        onClose={close}
      >
        <p>{t.removeWhat}</p>
      </Confirm>
    </Card>
  );
}

function AddLink({ provider }: { provider: string }) {
  const add = useAddLink(provider);
  const [subject, setSubject] = useState('');
  const [account, setAccount] = useState('');
  const t = linksText;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (add.isPending) return;
    add.mutate(
      { subject: subject.trim(), account: account.trim() },
      {
        onSuccess: () => {
          setSubject('');
          setAccount('');
        },
      },
    );
  };
  return (
    <form className="body form under" aria-label={t.add} onSubmit={submit}>
      <TextField label={t.subject} required maxLength={255} value={subject} onChange={setSubject} />
      <TextField label={t.account} required maxLength={64} value={account} onChange={setAccount} />
      <SaveBar save={add} action={t.add} />
    </form>
  );
}
