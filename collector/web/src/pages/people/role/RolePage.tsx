import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { people, type Role, useDeleteRole } from '../../../api/people';
import { useMay } from '../../../lib/may';
import { rolesText, roleText } from '../../../strings/en/govern/people';
import { Anew } from '../../../ui/Anew';
import { Button } from '../../../ui/Button';
import { Card } from '../../../ui/Card';
import { Confirm } from '../../../ui/Dialog';
import { NotLoaded } from '../../../ui/Listing';
import { Banner } from '../../../ui/Notice';
import { Page } from '../../../ui/Page';
import { Skeleton } from '../../../ui/Skeleton';
import { PermissionPicker } from '../roles/PermissionPicker';
import { HoldersCard } from './HoldersCard';
import { RoleForm } from './RoleForm';

const route = getRouteApi('/signed-in/settings/roles/$name');

/** One role: what it lets one do, and who has it. */
export function RolePage() {
  const { name } = route.useParams();
  const may = useMay();
  const query = useQuery(people.role(name));
  const all = useQuery(people.permissions());
  const t = roleText;
  if (!query.data)
    return (
      <Page title={name}>
        <section className="card">
          {query.isError ? (
            <NotLoaded what={t.what} error={query.error} retry={query.refetch} />
          ) : (
            <Skeleton lines={10} />
          )}
        </section>
      </Page>
    );
  const role = query.data.value;
  const permissions = all.data?.items ?? [];
  const beyond = role.permissions.some((code) => !may(code, true));
  const changes = may('roles.write') && !role.built_in;
  return (
    <Page
      title={role.name}
      sub={
        <>
          <span>{role.built_in ? rolesText.builtIn : rolesText.custom}</span>
          {role.description && <span>{role.description}</span>}
        </>
      }
      actions={changes && !beyond && <DeleteRole role={role} />}
    >
      {role.built_in && <p className="muted">{t.builtIn}</p>}
      {changes && beyond && <Banner tone="unknown">{t.beyond}</Banner>}
      <div className="columns">
        {changes && !beyond ? (
          <Anew version={query.data.tag}>
            <RoleForm role={query.data} all={permissions} onReload={() => void query.refetch()} />
          </Anew>
        ) : (
          <Card title={t.permissions}>
            <PermissionPicker
              all={permissions.filter(({ code }) => role.permissions.includes(code))}
              value={role.permissions}
            />
          </Card>
        )}
        <HoldersCard role={role.name} />
      </div>
    </Page>
  );
}

function DeleteRole({ role }: { role: Role }) {
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const remove = useDeleteRole();
  const close = () => {
    setAsking(false);
    remove.reset();
  };
  return (
    <>
      <Button look="danger" onClick={() => setAsking(true)}>
        {roleText.remove}
      </Button>
      <Confirm
        opened={asking}
        title={roleText.removeAsk(role.name)}
        action={roleText.remove}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          remove.mutate(role.name, { onSuccess: () => void navigate({ to: '/settings/roles' }) })
        }
        onClose={close}
      >
        <p>{roleText.removeWhat}</p>
      </Confirm>
    </>
  );
}
