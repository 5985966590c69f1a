import { type FormEvent, useState } from 'react';
import { useAddPasskey } from '../../api/factors';
import { Button } from '../../ui/Button';

/** Adds a passkey or a security key. */
export function PasskeyForm({ onCodes }: { onCodes: (codes: string[] | null) => void }) {
  const add = useAddPasskey();
  const [name, setName] = useState('');
  const [kind, setKind] = useState<'passkey' | 'security_key'>('passkey');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (add.isPending) return;
    add.mutate(
      { kind, name: name.trim() },
      {
        onSuccess: (added) => {
          setName('');
          if (added.backup_codes) onCodes(added.backup_codes);
        },
      },
    );
  };
  return (
    <form className="body form" onSubmit={submit}>
      <label className="field">
        <span>Name</span>
        <input
          required
          maxLength={100}
          autoComplete="off"
          placeholder="Notebook"
          pattern=".*\S.*"
          title="At least one character"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <small>For you, to know it again in the list</small>
      </label>
      <label className="field">
        <span>Kind</span>
        <select value={kind} onChange={(event) => setKind(event.target.value as typeof kind)}>
          <option value="passkey">Passkey</option>
          <option value="security_key">Security key</option>
        </select>
        <small>
          {kind === 'passkey' ? 'Signs you in without the password' : 'Shown in addition to the password'}
        </small>
      </label>
      <div className="submit">
        <Button type="submit" busy={add.isPending}>
          {kind === 'passkey' ? 'Add passkey' : 'Add security key'}
        </Button>
        <p className="error" role="alert">
          {add.error?.message}
        </p>
      </div>
    </form>
  );
}
