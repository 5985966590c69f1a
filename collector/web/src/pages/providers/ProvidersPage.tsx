import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { providers } from '../../api/providers';
import { useMay } from '../../lib/may';
import { providersText } from '../../strings/en/govern/providers';
import { Button } from '../../ui/Button';
import { Listing } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { ProviderForm } from './ProviderForm';

/** With what people sign in besides passwords. */
export function ProvidersPage() {
  const may = useMay();
  const navigate = useNavigate();
  const list = useQuery(providers.list());
  const [adding, setAdding] = useState(false);
  const t = providersText;
  return (
    <Page
      title={t.title}
      sub={t.sub}
      actions={
        may('providers.write') &&
        !adding && (
          <Button look="primary" onClick={() => setAdding(true)}>
            {t.add}
          </Button>
        )
      }
    >
      {adding && (
        <ProviderForm
          title={t.addTitle}
          onSaved={({ name }) => void navigate({ to: '/settings/providers/$name', params: { name } })}
          onClose={() => setAdding(false)}
        />
      )}
      <section className="card" aria-label={t.title}>
        <Listing
          what={t.what}
          query={list}
          items={list.data?.items ?? []}
          lines={3}
          head={[t.name, t.button, t.issuer, t.arrival, t.state]}
          row={(provider) => (
            <tr key={provider.name}>
              <td>
                <Link className="name" to="/settings/providers/$name" params={{ name: provider.name }}>
                  {provider.name}
                </Link>
              </td>
              <td>{provider.title}</td>
              <td className="cut">{provider.issuer}</td>
              <td>{provider.just_in_time ? t.justInTime : t.linked}</td>
              <td>{provider.enabled ? t.on : <span className="muted">{t.off}</span>}</td>
            </tr>
          )}
          empty={<Empty title={t.none}>{t.noneWhy}</Empty>}
        />
      </section>
    </Page>
  );
}
