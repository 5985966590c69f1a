import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { type Provider, providers, useDeleteProvider } from '../../api/providers';
import type { Tagged } from '../../api/tagged';
import { useMay } from '../../lib/may';
import { providersText } from '../../strings/en/govern/providers';
import { Anew } from '../../ui/Anew';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { CopyLine } from '../../ui/CopyLine';
import { Confirm } from '../../ui/Dialog';
import { NotLoaded } from '../../ui/Listing';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { LinksCard } from './LinksCard';
import { ProviderForm } from './ProviderForm';

const route = getRouteApi('/signed-in/settings/providers/$name');

/** One provider: how it is spoken to, what follows from its groups, and who is whom. */
export function ProviderPage() {
  const { name } = route.useParams();
  const may = useMay();
  const query = useQuery(providers.one(name));
  const t = providersText;
  if (!query.data)
    return (
      <Page title={name}>
        <section className="card">
          {query.isError ? (
            <NotLoaded what={t.one} error={query.error} retry={query.refetch} />
          ) : (
            <Skeleton lines={8} />
          )}
        </section>
      </Page>
    );
  const { value: provider, tag } = query.data;
  const writes = may('providers.write');
  return (
    <Page
      title={provider.name}
      sub={
        <>
          <span>{provider.title}</span>
          <span>{provider.enabled ? t.on : t.off}</span>
        </>
      }
      actions={writes && <DeleteProvider provider={query.data} />}
    >
      <Card title={t.redirect}>
        <div className="stack">
          <p className="muted">{t.redirectWhy}</p>
          <CopyLine text={provider.redirect_uri} label={t.redirect} />
        </div>
      </Card>
      {writes && (
        <Anew version={tag}>
          <ProviderForm
            title={t.settings}
            provider={provider}
            tag={tag}
            onReload={() => void query.refetch()}
          />
        </Anew>
      )}
      <LinksCard provider={provider.name} writes={writes} />
    </Page>
  );
}

function DeleteProvider({ provider }: { provider: Tagged<Provider> }) {
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const remove = useDeleteProvider();
  const t = providersText;
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
        title={t.removeAsk(provider.value.name)}
        action={t.remove}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          remove.mutate(
            { value: provider.value.name, tag: provider.tag },
            { onSuccess: () => void navigate({ to: '/settings/providers' }) },
          )
        }
        onClose={close}
      >
        <p>{t.removeWhat}</p>
      </Confirm>
    </>
  );
}
