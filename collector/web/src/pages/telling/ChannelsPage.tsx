import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { telling } from '../../api/telling';
import { useMay } from '../../lib/may';
import { channelKind, channelsText } from '../../strings/en/govern/channels';
import { Button } from '../../ui/Button';
import { Listing } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { ChannelForm } from './ChannelForm';
import { leadsTo } from './channel';
import { PersonalMailCard } from './PersonalMailCard';

/** Where notices can go, and through which channel people get their own e-mail. */
export function ChannelsPage() {
  const may = useMay();
  const navigate = useNavigate();
  const list = useQuery(telling.channels());
  const [adding, setAdding] = useState(false);
  const t = channelsText;
  return (
    <Page
      title={t.title}
      sub={t.sub}
      actions={
        may('channels.write') &&
        !adding && (
          <Button look="primary" onClick={() => setAdding(true)}>
            {t.add}
          </Button>
        )
      }
    >
      {adding && (
        <ChannelForm
          title={t.addTitle}
          action={t.create}
          onSaved={({ id }) => void navigate({ to: '/settings/channels/$id', params: { id } })}
          onClose={() => setAdding(false)}
        />
      )}
      <section className="card" aria-label={t.title}>
        <Listing
          what={t.what}
          query={list}
          items={list.data?.items ?? []}
          lines={4}
          head={[t.name, t.kind, t.leads, t.secret, t.state]}
          row={(channel) => (
            <tr key={channel.id}>
              <td>
                <Link className="name" to="/settings/channels/$id" params={{ id: channel.id }}>
                  {channel.name}
                </Link>
              </td>
              <td className="nowrap">{channelKind[channel.settings.kind]}</td>
              <td className="cut">{leadsTo(channel.settings) ?? <span className="muted">–</span>}</td>
              <td className="nowrap">
                {channel.secret_set ? t.kept : <span className="muted">{t.missing}</span>}
              </td>
              <td>{channel.enabled ? t.on : <span className="muted">{t.off}</span>}</td>
            </tr>
          )}
          empty={<Empty title={t.none}>{t.noneWhy}</Empty>}
        />
      </section>
      <PersonalMailCard channels={list.data?.items ?? []} />
    </Page>
  );
}
