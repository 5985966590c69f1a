import { type FormEvent, useState } from 'react';
import { type Account, useReplaceAccount } from '../../../api/people';
import type { Tagged } from '../../../api/tagged';
import { useMay } from '../../../lib/may';
import { accountText } from '../../../strings/en/govern/people';
import { Card } from '../../../ui/Card';
import { TextField } from '../../../ui/fields';
import { SaveBar } from '../../../ui/SaveBar';

/** What the account's person is called. */
export function NameForm({ account, onReload }: { account: Tagged<Account>; onReload: () => void }) {
  const may = useMay();
  const { value, tag } = account;
  const [name, setName] = useState(value.display_name);
  const save = useReplaceAccount(value);
  if (!may('accounts.write')) return null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending) return;
    save.mutate({ value: { display_name: name.trim(), disabled: value.disabled_at !== null }, tag });
  };
  return (
    <Card title={accountText.named}>
      <form className="form" onSubmit={submit}>
        <TextField
          label={accountText.displayName}
          hint={accountText.displayHint}
          maxLength={100}
          value={name}
          onChange={setName}
        />
        <SaveBar save={save} action={accountText.rename} onReload={onReload} />
      </form>
    </Card>
  );
}
