import { useState } from 'react';
import { useRenewBackupCodes } from '../../api/factors';
import { plural } from '../../strings/en';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Confirm } from '../../ui/Dialog';

type Props = { left: number; onCodes: (codes: string[] | null) => void };

/** How many backup codes are left, and new ones. */
export function BackupCard({ left, onCodes }: Props) {
  const renew = useRenewBackupCodes();
  const [asking, setAsking] = useState(false);
  const close = () => {
    renew.reset();
    setAsking(false);
  };
  const made = (codes: { backup_codes: string[] | null }) => {
    close();
    onCodes(codes.backup_codes);
  };
  return (
    <Card title="Backup codes">
      <div className="stack">
        <p>{left === 0 ? 'None is left.' : `${plural(left, 'code')} left, each good once.`}</p>
        <div className="actions start">
          <Button onClick={() => setAsking(true)}>Make new codes</Button>
        </div>
      </div>
      <Confirm
        opened={asking}
        title="Make new backup codes?"
        action="Make new codes"
        look="primary"
        busy={renew.isPending}
        error={renew.error}
        onConfirm={() => renew.mutate(undefined, { onSuccess: made })}
        onClose={close}
      >
        <p>Those that you have are good for nothing then.</p>
      </Confirm>
    </Card>
  );
}
