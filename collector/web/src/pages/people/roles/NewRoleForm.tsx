import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { people, useCreateRole } from '../../../api/people';
import { saveText } from '../../../strings/en/govern/common';
import { rolesText } from '../../../strings/en/govern/people';
import { Button } from '../../../ui/Button';
import { TextField } from '../../../ui/fields';
import { SaveBar } from '../../../ui/SaveBar';
import { PermissionPicker } from './PermissionPicker';

type Props = { onMade: (name: string) => void; onClose: () => void };

/** A role of what one may do oneself. */
export function NewRoleForm({ onMade, onClose }: Props) {
  const all = useQuery(people.permissions());
  const create = useCreateRole();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [permissions, setPermissions] = useState<string[]>([]);
  const t = rolesText;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending) return;
    create.mutate(
      { name: name.trim(), description: description.trim(), permissions },
      { onSuccess: (role) => onMade(role.name) },
    );
  };
  return (
    <form className="card" aria-label={t.addTitle} onSubmit={submit}>
      <header>
        <h2>{t.addTitle}</h2>
      </header>
      <div className="body form">
        <TextField
          label={t.name}
          hint={t.nameHint}
          required
          maxLength={64}
          pattern="[a-z][a-z0-9_\-]*"
          value={name}
          onChange={setName}
        />
        <TextField label={t.description} maxLength={1000} value={description} onChange={setDescription} />
        <div className="wide-field">
          <PermissionPicker all={all.data?.items ?? []} value={permissions} onChange={setPermissions} />
        </div>
        <SaveBar save={create} action={t.create} why={permissions.length === 0 ? t.atLeastOne : undefined}>
          <Button onClick={onClose}>{saveText.cancel}</Button>
        </SaveBar>
      </div>
    </form>
  );
}
