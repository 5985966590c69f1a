import { useState } from 'react';
import type { HostDetail } from '../../api/client';
import { useRetire } from '../../api/retention';
import { goneText } from '../../strings/en/govern/retention';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Dialog';
import { TextField } from '../../ui/fields';

/** Takes a machine that is no more out of the fleet. */
export function RetireHost({ host }: { host: HostDetail }) {
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState('');
  const retire = useRetire(host.id);
  const t = goneText;
  const close = () => {
    setAsking(false);
    retire.reset();
  };
  return (
    <>
      <Button onClick={() => setAsking(true)}>{t.retire}</Button>
      <Confirm
        opened={asking}
        title={t.retireAsk(host.hostname)}
        action={t.retire}
        busy={retire.isPending}
        error={retire.error}
        onConfirm={() => retire.mutate(reason, { onSuccess: close })}
        onClose={close}
      >
        <p>{t.retireWhat}</p>
        <TextField label={t.reason} maxLength={500} value={reason} onChange={setReason} />
      </Confirm>
    </>
  );
}
