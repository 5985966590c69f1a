import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Tagged } from '../../api/tagged';
import { type Channel, type PersonalMail, telling, useSetPersonalMail } from '../../api/telling';
import { useMay } from '../../lib/may';
import { personalText } from '../../strings/en/govern/channels';
import { Anew } from '../../ui/Anew';
import { Card } from '../../ui/Card';
import { AreaField, SelectField } from '../../ui/fields';
import { NotLoaded } from '../../ui/Listing';
import { SaveBar } from '../../ui/SaveBar';
import { Skeleton } from '../../ui/Skeleton';
import { lines } from './channel';

type Props = { channels: readonly Channel[] };

/** Through which channel people get the e-mail that they asked for. */
export function PersonalMailCard({ channels }: Props) {
  const query = useQuery(telling.personalMail());
  const t = personalText;
  if (query.isError)
    return (
      <Card title={t.title}>
        <NotLoaded what={t.what} error={query.error} retry={query.refetch} />
      </Card>
    );
  return (
    <Card title={t.title}>
      {query.data ? (
        <Anew version={query.data.tag}>
          <Form mail={query.data} channels={channels} onReload={() => void query.refetch()} />
        </Anew>
      ) : (
        <Skeleton lines={3} />
      )}
    </Card>
  );
}

type FormProps = Props & { mail: Tagged<PersonalMail>; onReload: () => void };

function Form({ mail, channels, onReload }: FormProps) {
  const may = useMay();
  const [channel, setChannel] = useState(mail.value.channel ?? '');
  const [domains, setDomains] = useState(mail.value.domains.join('\n'));
  const save = useSetPersonalMail();
  const t = personalText;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending) return;
    save.mutate({ value: { channel: channel || null, domains: lines(domains) }, tag: mail.tag });
  };
  return (
    <form onSubmit={submit}>
      <fieldset className="form" disabled={!may('channels.write')}>
        <p className="muted wide-field">{t.sub}</p>
        <SelectField
          label={t.channel}
          hint={t.channelHint}
          options={[
            { value: '', label: t.nobody },
            ...channels
              .filter(({ settings }) => settings.kind === 'email')
              .map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={channel}
          onChange={setChannel}
        />
        <AreaField label={t.domains} hint={t.domainsHint} rows={2} value={domains} onChange={setDomains} />
        {may('channels.write') && <SaveBar save={save} onReload={onReload} />}
      </fieldset>
    </form>
  );
}
