import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { factors } from '../../api/factors';
import { queries } from '../../api/queries';
import { Banner, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { AppCard } from './AppCard';
import { BackupCard } from './BackupCard';
import { NewCodesCard } from './NewCodesCard';
import { PasskeysCard } from './PasskeysCard';
import { SessionsCard } from './SessionsCard';

/** What one signs in with. */
export function SecurityPage() {
  const session = useQuery(queries.session());
  const list = useQuery(factors());
  const [codes, setCodes] = useState<string[] | null>(null);

  const content = () => {
    if (list.isError) {
      return <Failed what="This did not load" error={list.error} retry={() => void list.refetch()} />;
    }
    if (list.isPending) return <Skeleton lines={6} label="Loading" />;
    const { totp_since, passkeys, backup_codes_left } = list.data;
    const has = totp_since !== null || passkeys.length > 0;
    return (
      <>
        {codes && <NewCodesCard codes={codes} onDone={() => setCodes(null)} />}
        <AppCard since={totp_since} onCodes={setCodes} />
        <PasskeysCard passkeys={passkeys} onCodes={setCodes} />
        {has && <BackupCard left={backup_codes_left} onCodes={setCodes} />}
        <SessionsCard />
      </>
    );
  };

  return (
    <Page title="Security" sub={`What ${session.data?.name ?? 'you'} signs in with, besides the password`}>
      {session.data?.factor_needed && (
        <Banner tone="warn">
          This collector asks for a second step at every sign-in. Set one up here; until then nothing else can
          be used.
        </Banner>
      )}
      {content()}
    </Page>
  );
}
