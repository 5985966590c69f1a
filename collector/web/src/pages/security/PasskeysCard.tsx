import { useState } from 'react';
import type { Passkey } from '../../api/client';
import { useRemovePasskey } from '../../api/factors';
import { hasPasskeys } from '../../lib/passkey';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Confirm } from '../../ui/Dialog';
import { Ago } from '../../ui/Time';
import { PasskeyForm } from './PasskeyForm';

type Props = { passkeys: Passkey[]; onCodes: (codes: string[] | null) => void };

/** Passkeys, which are enough alone, and security keys, which stand beside the password. */
export function PasskeysCard({ passkeys, onCodes }: Props) {
  const [removing, setRemoving] = useState<Passkey | null>(null);
  return (
    <Card title="Passkeys and security keys" flush>
      {passkeys.length > 0 && (
        <section className="scroll" aria-label="List of passkeys" tabIndex={0}>
          <table className="plain">
            <thead>
              <tr>
                <th>Name</th>
                <th>Kind</th>
                <th>Added</th>
                <th>Last used</th>
                <th>
                  <span className="sr">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {passkeys.map((passkey) => (
                <tr key={passkey.id}>
                  <td className="strong">{passkey.name}</td>
                  <td className="nowrap">{passkey.kind === 'passkey' ? 'Passkey' : 'Security key'}</td>
                  <td>
                    <Ago at={passkey.created_at} />
                  </td>
                  <td>{passkey.used_at ? <Ago at={passkey.used_at} /> : 'Never'}</td>
                  <td className="right">
                    <Button aria-label={`Remove ${passkey.name}`} onClick={() => setRemoving(passkey)}>
                      Remove
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {hasPasskeys() ? (
        <PasskeyForm onCodes={onCodes} />
      ) : (
        <p className="note">This browser knows no passkeys.</p>
      )}
      <RemovePasskey passkey={removing} onClose={() => setRemoving(null)} />
    </Card>
  );
}

function RemovePasskey({ passkey, onClose }: { passkey: Passkey | null; onClose: () => void }) {
  const remove = useRemovePasskey();
  const close = () => {
    remove.reset();
    onClose();
  };
  return (
    <Confirm
      opened={passkey !== null}
      title={`Remove “${passkey?.name}”?`}
      action="Remove"
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => passkey && remove.mutate(passkey.id, { onSuccess: close })}
      onClose={close}
    >
      <p>It signs nobody in any more. Take it out of your browser or telephone as well.</p>
    </Confirm>
  );
}
