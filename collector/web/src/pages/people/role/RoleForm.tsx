import { type FormEvent, useState } from 'react';
import { type Permission, type Role, useReplaceRole } from '../../../api/people';
import type { Tagged } from '../../../api/tagged';
import { rolesText, roleText } from '../../../strings/en/govern/people';
import { Card } from '../../../ui/Card';
import { TextField } from '../../../ui/fields';
import { SaveBar } from '../../../ui/SaveBar';
import { PermissionPicker } from '../roles/PermissionPicker';

type Props = { role: Tagged<Role>; all: readonly Permission[]; onReload: () => void };

/** What is said of a role that was made here. */
export function RoleForm({ role, all, onReload }: Props) {
  const { value, tag } = role;
  const [description, setDescription] = useState(value.description);
  const [permissions, setPermissions] = useState(value.permissions);
  const save = useReplaceRole(value.name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!save.isPending) save.mutate({ value: { description: description.trim(), permissions }, tag });
  };
  return (
    <Card title={roleText.permissions}>
      <form className="form" onSubmit={submit}>
        <TextField
          wide
          label={rolesText.description}
          maxLength={1000}
          value={description}
          onChange={setDescription}
        />
        <div className="wide-field">
          <PermissionPicker all={all} value={permissions} onChange={setPermissions} />
        </div>
        <SaveBar
          save={save}
          why={permissions.length === 0 ? rolesText.atLeastOne : undefined}
          onReload={onReload}
        />
      </form>
    </Card>
  );
}
