import { useState } from 'react';
import type { HostDetail } from '../../api/client';
import { useReleaseHost } from '../../api/mutations';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Dialog';

export function ReleaseHost({ host }: { host: HostDetail }) {
  const [asking, setAsking] = useState(false);
  const release = useReleaseHost(host.id);
  const close = () => {
    setAsking(false);
    release.reset();
  };
  return (
    <>
      <Button onClick={() => setAsking(true)}>Release host</Button>
      <Confirm
        opened={asking}
        title={`Release ${host.hostname}?`}
        action={`Release ${host.hostname}`}
        look="primary"
        busy={release.isPending}
        error={release.error}
        onConfirm={() => release.mutate(undefined, { onSuccess: close })}
        onClose={close}
      >
        <p>
          This clears the warning. Do it when you know which machine came with this host’s certificate: enrol
          a clone anew first, and if the certificate was stolen, revoke the host instead.
        </p>
      </Confirm>
    </>
  );
}
