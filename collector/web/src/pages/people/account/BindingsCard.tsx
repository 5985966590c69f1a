import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { type Account, type Binding, people, useGiveRole, useTakeRole } from '../../../api/people';
import { queries } from '../../../api/queries';
import { useMay } from '../../../lib/may';
import { listText } from '../../../strings/en/govern/common';
import { bindingsText } from '../../../strings/en/govern/people';
import { Button } from '../../../ui/Button';
import { Card } from '../../../ui/Card';
import { Confirm } from '../../../ui/Dialog';
import { SelectField } from '../../../ui/fields';
import { Listing } from '../../../ui/Listing';
import { Empty } from '../../../ui/Notice';
import { SaveBar } from '../../../ui/SaveBar';
import { Ago } from '../../../ui/Time';

/** An answer that is there already, for a list that stands in another answer. */
const HERE = { isError: false, isPending: false, error: null, refetch: () => undefined };

/** The roles of an account, and for which hosts. */
export function BindingsCard({ account }: { account: Account }) {
  const may = useMay();
  const gives = may('roles.write');
  const [taking, setTaking] = useState<Binding | null>(null);
  const take = useTakeRole(account.name);
  const t = bindingsText;
  const close = () => {
    setTaking(null);
    take.reset();
  };
  return (
    <Card title={t.title} flush>
      <Listing
        what={t.what}
        query={HERE}
        items={account.bindings}
        head={[t.role, t.scope, t.given, { label: listText.actions, hidden: true }]}
        row={(binding) => (
          <tr key={binding.id}>
            <td>
              <Link className="name" to="/settings/roles/$name" params={{ name: binding.role }}>
                {binding.role}
              </Link>
            </td>
            <td>
              {binding.group ? (
                <Link to="/groups/$id" params={{ id: binding.group.id }}>
                  {binding.group.name}
                </Link>
              ) : (
                t.everything
              )}
            </td>
            <td className="nowrap">
              <Ago at={binding.created_at} /> {t.by} {binding.created_by}
            </td>
            <td className="right">
              {gives && (
                <Button
                  aria-label={t.takeLabel(binding.role, binding.group?.name ?? t.everything)}
                  onClick={() => setTaking(binding)}
                >
                  {t.take}
                </Button>
              )}
            </td>
          </tr>
        )}
        empty={<Empty title={t.none}>{t.noneWhy}</Empty>}
      />
      {gives && <GiveRole name={account.name} />}
      <Confirm
        opened={taking !== null}
        title={t.takeAsk(taking?.role ?? '', account.name)}
        action={t.take}
        busy={take.isPending}
        error={take.error}
        onConfirm={() => taking && take.mutate(taking.id, { onSuccess: close })}
        onClose={close}
      >
        <p>{t.takeWhat}</p>
      </Confirm>
    </Card>
  );
}

function GiveRole({ name }: { name: string }) {
  const roles = useQuery(people.roles());
  const groups = useQuery(queries.groups());
  const give = useGiveRole(name);
  const [role, setRole] = useState('viewer');
  const [group, setGroup] = useState('');
  const t = bindingsText;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!give.isPending) give.mutate({ role, group: group || null });
  };
  return (
    <form className="body form under" aria-label={t.give} onSubmit={submit}>
      <SelectField
        label={t.role}
        options={(roles.data?.items ?? []).map((each) => ({ value: each.name, label: each.name }))}
        value={role}
        onChange={setRole}
      />
      <SelectField
        label={t.scope}
        options={[
          { value: '', label: t.everything },
          ...(groups.data?.items ?? []).map((each) => ({ value: each.id, label: each.name })),
        ]}
        value={group}
        onChange={setGroup}
      />
      <SaveBar save={give} action={t.give} />
    </form>
  );
}
