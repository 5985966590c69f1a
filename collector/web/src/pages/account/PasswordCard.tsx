import { type FormEvent, useState } from 'react';
import { useSetPassword } from '../../api/account';
import { profileText } from '../../strings/en/govern/account';
import { Card } from '../../ui/Card';
import { TextField } from '../../ui/fields';
import { SaveBar } from '../../ui/SaveBar';

const LEAST = 15;

/** Another password for oneself; `onChanged` when it is chosen. */
export function PasswordCard({ onChanged }: { onChanged?: () => void }) {
  const [present, setPresent] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const save = useSetPassword();
  const t = profileText;
  const differ = again !== '' && again !== password;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending) return;
    save.mutate(
      { present, password },
      {
        onSuccess: () => {
          setPresent('');
          setPassword('');
          setAgain('');
          onChanged?.();
        },
      },
    );
  };
  const field = { type: 'password', required: true, maxLength: 256 } as const;
  return (
    <Card title={t.password}>
      <form className="form" onSubmit={submit}>
        <TextField
          wide
          label={t.present}
          {...field}
          autoComplete="current-password"
          value={present}
          onChange={setPresent}
        />
        <TextField
          wide
          label={t.another}
          hint={t.anotherHint}
          {...field}
          minLength={LEAST}
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
        />
        <TextField
          wide
          label={t.again}
          {...field}
          autoComplete="new-password"
          value={again}
          onChange={setAgain}
        />
        <SaveBar save={{ ...save, isSuccess: false }} action={t.change} why={differ ? t.differ : undefined}>
          <span role="status">{save.isSuccess && t.changed}</span>
        </SaveBar>
        <p className="muted wide-field">{t.passwordWhy}</p>
      </form>
    </Card>
  );
}
