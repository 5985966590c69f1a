import { type FormEvent, useState } from 'react';
import { useBeginTotp, useConfirmTotp, useRemoveTotp } from '../../api/factors';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { CopyLine } from '../../ui/CopyLine';
import { Confirm } from '../../ui/Dialog';
import { StampAgo } from '../../ui/Time';
import { QrCode } from './QrCode';

type Props = {
  /** Since when there is one. */
  since: string | null;
  /** Backup codes, when some came with it. */
  onCodes: (codes: string[] | null) => void;
};

/** An authenticator app: six digits beside the password. */
export function AppCard({ since, onCodes }: Props) {
  const begin = useBeginTotp();
  // Here and not in the form, which is gone when the answer has made it so.
  const confirm = useConfirmTotp();
  const remove = useRemoveTotp();
  const [removing, setRemoving] = useState(false);

  if (begin.data && since === null) {
    return (
      <Card title="Authenticator app">
        <Enrol
          enrolment={begin.data}
          confirm={confirm}
          onDone={(codes) => {
            begin.reset();
            onCodes(codes);
          }}
          onCancel={() => {
            begin.reset();
            confirm.reset();
          }}
        />
      </Card>
    );
  }
  const close = () => {
    remove.reset();
    setRemoving(false);
  };
  return (
    <Card title="Authenticator app">
      <div className="stack">
        {since ? (
          <p>
            Signing in with the password asks for a code. Set up <StampAgo at={since} />.
          </p>
        ) : (
          <p>An app on your telephone shows six digits that change twice a minute.</p>
        )}
        <div className="actions start">
          {since ? (
            <Button look="danger" onClick={() => setRemoving(true)}>
              Remove app
            </Button>
          ) : (
            <Button busy={begin.isPending} onClick={() => begin.mutate()}>
              Set up an app
            </Button>
          )}
          <p className="error" role="alert">
            {begin.error?.message}
          </p>
        </div>
      </div>
      <Confirm
        opened={removing}
        title="Remove the authenticator app?"
        action="Remove app"
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(undefined, { onSuccess: close })}
        onClose={close}
      >
        <p>Its codes are good for nothing then. Without another second step the password alone is enough.</p>
      </Confirm>
    </Card>
  );
}

type EnrolProps = {
  confirm: ReturnType<typeof useConfirmTotp>;
  enrolment: { secret: string; uri: string; qr: { size: number; path: string } };
  onDone: (codes: string[] | null) => void;
  onCancel: () => void;
};

function Enrol({ enrolment, confirm, onDone, onCancel }: EnrolProps) {
  const [code, setCode] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (confirm.isPending) return;
    confirm.mutate(code.replaceAll(' ', ''), { onSuccess: (made) => onDone(made.backup_codes) });
  };
  return (
    <form className="enrol-app" onSubmit={submit}>
      <QrCode {...enrolment.qr} label="The secret as a QR code" />
      <div className="stack">
        <p>Scan this with the app, or type the secret into it:</p>
        <CopyLine text={enrolment.secret} label="Secret" />
        <label className="field">
          <span>Code that the app shows now</span>
          <input
            required
            inputMode="numeric"
            autoComplete="one-time-code"
            pattern="[0-9 ]{6,7}"
            title="Six digits"
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        </label>
        <p className="error" role="alert">
          {confirm.error?.message}
        </p>
        <div className="actions start">
          <Button type="submit" look="primary" busy={confirm.isPending}>
            Confirm
          </Button>
          <Button onClick={onCancel}>Cancel</Button>
        </div>
      </div>
    </form>
  );
}
