import { useState } from 'react';
import type { HostDetail } from '../../api/client';
import { useRevokeHost } from '../../api/mutations';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Dialog';

export function RevokeHost({ host }: { host: HostDetail }) {
  const [asking, setAsking] = useState(false);
  const revoke = useRevokeHost(host.id);
  const close = () => {
    setAsking(false);
    revoke.reset();
  };
  return (
    <>
      <Button look="danger" onClick={() => setAsking(true)}>
        Revoke host
      </Button>
      <Confirm
        opened={asking}
        title={`Revoke ${host.hostname}?`}
        action={`Revoke ${host.hostname}`}
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => revoke.mutate(undefined, { onSuccess: close })}
        onClose={close}
      >
        <p>
          Its certificate is refused from now on
          {host.state === 'online' && ', and its connection is closed at once'}. What is known of it is kept.
          It comes back only by being enrolled again.
        </p>
      </Confirm>
    </>
  );
}
