import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { people } from '../../../api/people';
import { useMay } from '../../../lib/may';
import { rolesText } from '../../../strings/en/govern/people';
import { Button } from '../../../ui/Button';
import { Listing } from '../../../ui/Listing';
import { Empty } from '../../../ui/Notice';
import { Page } from '../../../ui/Page';
import { Ago } from '../../../ui/Time';
import { NewRoleForm } from './NewRoleForm';

/** What accounts can be given. */
export function RolesPage() {
  const may = useMay();
  const navigate = useNavigate();
  const list = useQuery(people.roles());
  const [adding, setAdding] = useState(false);
  const t = rolesText;
  return (
    <Page
      title={t.title}
      sub={t.sub}
      actions={
        may('roles.write') &&
        !adding && (
          <Button look="primary" onClick={() => setAdding(true)}>
            {t.add}
          </Button>
        )
      }
    >
      {adding && (
        <NewRoleForm
          onMade={(name) => void navigate({ to: '/settings/roles/$name', params: { name } })}
          onClose={() => setAdding(false)}
        />
      )}
      <section className="card" aria-label={t.title}>
        <Listing
          what={t.what}
          query={list}
          items={list.data?.items ?? []}
          head={[t.role, t.kind, { label: t.permissions, right: true }, t.made]}
          row={(role) => (
            <tr key={role.name}>
              <td>
                <Link className="name" to="/settings/roles/$name" params={{ name: role.name }}>
                  {role.name}
                </Link>
                <div className="muted">{role.description}</div>
              </td>
              <td className="nowrap">{role.built_in ? t.builtIn : t.custom}</td>
              <td className="right num">{role.permissions.length.toLocaleString('en')}</td>
              <td className="nowrap">
                {role.created_at && !role.built_in ? (
                  <>
                    <Ago at={role.created_at} /> {t.by} {role.created_by}
                  </>
                ) : (
                  <span className="muted">–</span>
                )}
              </td>
            </tr>
          )}
          empty={<Empty title={t.none} />}
        />
      </section>
    </Page>
  );
}
