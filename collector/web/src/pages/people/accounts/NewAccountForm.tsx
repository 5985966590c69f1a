import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { people, useCreateAccount, useInvite } from '../../../api/people';
import { useMay } from '../../../lib/may';
import { saveText } from '../../../strings/en/govern/common';
import { accountsText } from '../../../strings/en/govern/people';
import { Button } from '../../../ui/Button';
import { SelectField, TextField } from '../../../ui/fields';
import { SaveBar } from '../../../ui/SaveBar';
import type { Made } from './AccountsPage';

const WAYS = [
  { value: 'invite', label: accountsText.wayInvite },
  { value: 'password', label: accountsText.wayPassword },
  { value: 'other', label: accountsText.wayOther },
] as const;
type Way = (typeof WAYS)[number]['value'];

type Props = { onMade: (made: Made) => void; onClose: () => void };

/** Makes an account, and whatever its person needs to sign in to it. */
export function NewAccountForm({ onMade, onClose }: Props) {
  const may = useMay();
  const gives = may('roles.write');
  const roles = useQuery({ ...people.roles(), enabled: gives });
  const create = useCreateAccount();
  const invite = useInvite();
  const [name, setName] = useState('');
  const [person, setPerson] = useState('');
  const [way, setWay] = useState<Way>('invite');
  const [role, setRole] = useState('');
  const t = accountsText;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending || invite.isPending) return;
    const account = await create
      .mutateAsync({
        name: name.trim(),
        display_name: person.trim(),
        role: role || null,
        without_password: way !== 'password',
      })
      .catch(() => null);
    if (!account) return;
    const invitation =
      way === 'invite'
        ? await invite.mutateAsync({ name: account.name, kind: 'invitation' }).catch(() => null)
        : null;
    onMade({ name: account.name, password: account.password, invitation });
  };

  return (
    <form className="card" aria-label={t.addTitle} onSubmit={(event) => void submit(event)}>
      <header>
        <h2>{t.addTitle}</h2>
      </header>
      <div className="body form">
        <TextField
          label={t.name}
          hint={t.nameHint}
          required
          maxLength={64}
          pattern="[A-Za-z0-9._@\-]+"
          value={name}
          onChange={setName}
        />
        <TextField label={t.person} hint={t.personHint} maxLength={100} value={person} onChange={setPerson} />
        <SelectField label={t.way} options={WAYS} value={way} onChange={setWay} />
        {gives && (
          <SelectField
            label={t.role}
            hint={t.roleHint}
            options={[
              { value: '', label: t.noRoleNow },
              ...(roles.data?.items ?? []).map((each) => ({ value: each.name, label: each.name })),
            ]}
            value={role}
            onChange={setRole}
          />
        )}
        <SaveBar save={create} action={t.create}>
          <Button onClick={onClose}>{saveText.cancel}</Button>
        </SaveBar>
      </div>
    </form>
  );
}
