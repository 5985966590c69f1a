import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useRouterState } from '@tanstack/react-router';
import { factors, usePasskeyProof } from '../api/factors';
import { signOut } from '../api/mutations';
import { queries } from '../api/queries';
import { hasPasskeys } from '../lib/passkey';
import { Button } from '../ui/Button';
import { Overlay } from '../ui/Dialog';

type Props = { opened: boolean; onProved: () => void; onClose: () => void };

/** Asks whoever is signed in to show again that it is them. */
export function ProofDialog({ opened, onProved, onClose }: Props) {
  return (
    <Overlay opened={opened} label="Confirm that it is you" onClose={onClose}>
      <Ways onProved={onProved} onClose={onClose} />
    </Overlay>
  );
}

function Ways({ onProved, onClose }: Omit<Props, 'opened'>) {
  const list = useQuery(factors());
  const passkey = usePasskeyProof();
  const client = useQueryClient();
  const navigate = useNavigate();
  const here = useRouterState({ select: (state) => state.location.href });

  const again = async () => {
    onClose();
    await signOut().catch(() => undefined);
    client.clear();
    client.setQueryData(queries.session().queryKey, null);
    await navigate({ to: '/sign-in', search: { to: here } });
  };
  const offered = hasPasskeys() && (list.data?.passkeys.length ?? 0) > 0;
  return (
    <div className="prove stack">
      <h2>Confirm that it is you</h2>
      <p>This is asked before dangerous changes, when the last proof is older than 15 minutes.</p>
      <p className="error" role="alert">
        {passkey.error?.message}
      </p>
      <div className="actions">
        <Button onClick={onClose}>Cancel</Button>
        <Button look={offered ? 'default' : 'primary'} onClick={() => void again()}>
          Sign in again
        </Button>
        {offered && (
          <Button
            look="primary"
            busy={passkey.isPending}
            onClick={() => passkey.mutate(undefined, { onSuccess: onProved })}
          >
            Use a passkey or security key
          </Button>
        )}
      </div>
    </div>
  );
}
