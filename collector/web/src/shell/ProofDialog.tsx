import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { factors, usePasskeyProof, usePasswordProof } from '../api/factors';
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
  const proof = usePasswordProof();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const offered = hasPasskeys() && (list.data?.passkeys.length ?? 0) > 0;
  const second = offered || list.data?.totp_since;
  const error = passkey.error ?? proof.error;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (proof.isPending) return;
    passkey.reset();
    proof.mutate({ password, code: second ? code : undefined }, { onSuccess: onProved });
  };
  const show = () => {
    proof.reset();
    passkey.mutate(undefined, { onSuccess: onProved });
  };

  return (
    <form className="prove stack" onSubmit={submit}>
      <h2>Confirm that it is you</h2>
      <p>This is asked before dangerous changes, when the last proof is older than 15 minutes.</p>
      {offered && (
        <div className="actions start">
          <Button look="primary" busy={passkey.isPending} onClick={show}>
            Use a passkey or security key
          </Button>
        </div>
      )}
      <label className="field">
        <span>Password</span>
        <input
          required
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </label>
      {second && (
        <label className="field">
          <span>Code</span>
          <input
            required
            autoComplete="one-time-code"
            autoCapitalize="none"
            spellCheck={false}
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
          <small>Of your authenticator app, or a backup code</small>
        </label>
      )}
      <p className="error" role="alert">
        {error?.message}
      </p>
      <div className="actions">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look={offered ? 'default' : 'primary'} busy={proof.isPending}>
          Confirm
        </Button>
      </div>
    </form>
  );
}
