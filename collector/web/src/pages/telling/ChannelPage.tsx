import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Tagged } from '../../api/tagged';
import { type Channel, telling, useDeleteChannel, useTestChannel } from '../../api/telling';
import { useMay } from '../../lib/may';
import { channelKind, channelsText, channelText } from '../../strings/en/govern/channels';
import { Anew } from '../../ui/Anew';
import { Button } from '../../ui/Button';
import { Card, Pair } from '../../ui/Card';
import { Confirm } from '../../ui/Dialog';
import { NotLoaded } from '../../ui/Listing';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { Status } from '../../ui/Status';
import { ChannelForm } from './ChannelForm';
import { leadsTo } from './channel';

const route = getRouteApi('/signed-in/settings/channels/$id');

/** One channel: where it leads, whether it works, and what is said of it. */
export function ChannelPage() {
  const { id } = route.useParams();
  const may = useMay();
  const query = useQuery(telling.channel(id));
  const t = channelText;
  if (!query.data)
    return (
      <Page title={channelsText.title}>
        <section className="card">
          {query.isError ? (
            <NotLoaded what={t.what} error={query.error} retry={query.refetch} />
          ) : (
            <Skeleton lines={8} />
          )}
        </section>
      </Page>
    );
  const channel = query.data.value;
  return (
    <Page
      title={channel.name}
      sub={
        <>
          <span>{channelKind[channel.settings.kind]}</span>
          <span>{channel.enabled ? channelsText.on : channelsText.off}</span>
        </>
      }
      actions={
        <>
          <Link className="btn" to="/settings/deliveries" search={{ channel: id }}>
            {t.deliveries}
          </Link>
          {may('channels.write') && <DeleteChannel channel={query.data} />}
        </>
      }
    >
      {may('channels.write') ? (
        <>
          <TestCard id={id} />
          <Anew version={query.data.tag}>
            <ChannelForm
              title={t.settings}
              channel={channel}
              tag={query.data.tag}
              onReload={() => void query.refetch()}
            />
          </Anew>
        </>
      ) : (
        <Card title={t.settings}>
          <dl className="pairs">
            <Pair name={channelsText.leads}>{leadsTo(channel.settings) ?? '–'}</Pair>
            <Pair name={channelsText.secret}>
              {channel.secret_set ? channelsText.kept : channelsText.missing}
            </Pair>
          </dl>
        </Card>
      )}
    </Page>
  );
}

function TestCard({ id }: { id: string }) {
  const test = useTestChannel();
  const t = channelText;
  const said = test.data;
  return (
    <Card title={t.test}>
      <div className="stack">
        <p className="muted">{t.testWhy}</p>
        <div className="actions start">
          <Button busy={test.isPending} onClick={() => test.mutate(id)}>
            {t.test}
          </Button>
        </div>
        <p className="error" role="alert">
          {test.error?.message}
        </p>
        {said && (
          <div role="status" aria-label={t.testTitle} className="stack">
            <div>
              <Status tone={said.delivered ? 'pass' : 'fail'} word={said.delivered ? t.took : t.refused} />
            </div>
            <dl className="pairs">
              <Pair name={t.status}>
                <span className="num">{said.status ?? t.noAnswer}</span>
              </Pair>
              <Pair name={t.answer}>
                <code className="mono">{said.answer || t.noAnswer}</code>
              </Pair>
              <Pair name={t.duration}>
                <span className="num">{t.ms(said.duration_ms)}</span>
              </Pair>
            </dl>
          </div>
        )}
      </div>
    </Card>
  );
}

function DeleteChannel({ channel }: { channel: Tagged<Channel> }) {
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const remove = useDeleteChannel();
  const t = channelText;
  const close = () => {
    setAsking(false);
    remove.reset();
  };
  return (
    <>
      <Button look="danger" onClick={() => setAsking(true)}>
        {t.remove}
      </Button>
      <Confirm
        opened={asking}
        title={t.removeAsk(channel.value.name)}
        action={t.remove}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          remove.mutate(
            { value: channel.value.id, tag: channel.tag },
            { onSuccess: () => void navigate({ to: '/settings/channels' }) },
          )
        }
        onClose={close}
      >
        <p>{t.removeWhat}</p>
      </Confirm>
    </>
  );
}
