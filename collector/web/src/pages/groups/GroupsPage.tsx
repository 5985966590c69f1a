import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { type Group, groupList, useCreateGroup } from '../../api/groups';
import { useMay } from '../../lib/may';
import { definitionText, groupsText, sourceText } from '../../strings/en/govern/groups';
import { Button } from '../../ui/Button';
import { Listing } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Status } from '../../ui/Status';
import { GroupForm } from '../group/GroupForm';

/** Every group, and how its hosts come to it. */
export function GroupsPage() {
  const may = useMay();
  const navigate = useNavigate();
  const list = useInfiniteQuery(groupList());
  const create = useCreateGroup();
  const [adding, setAdding] = useState(false);
  const groups = list.data?.pages.flatMap((page) => page.items) ?? [];
  const t = groupsText;
  return (
    <Page
      title={t.title}
      sub={t.sub}
      actions={
        may('groups.write', true) &&
        !adding && (
          <Button look="primary" onClick={() => setAdding(true)}>
            {t.add}
          </Button>
        )
      }
    >
      {adding && (
        <GroupForm
          title={t.addTitle}
          action={t.create}
          save={create}
          onSave={(fields) =>
            create.mutate(fields, {
              onSuccess: ({ id }) => void navigate({ to: '/groups/$id', params: { id } }),
            })
          }
          onClose={() => setAdding(false)}
        />
      )}
      <section className="card" aria-label={t.title}>
        <Listing
          what={t.what}
          query={list}
          items={groups}
          head={[
            t.group,
            { label: t.hosts, right: true },
            t.members,
            { label: definitionText.precedence, right: true },
          ]}
          row={(group) => <Row key={group.id} group={group} />}
          empty={<Empty title={t.none}>{t.noneWhy}</Empty>}
        />
      </section>
    </Page>
  );
}

function Row({ group }: { group: Group }) {
  const sources = [
    group.expression !== null && sourceText.expression,
    group.match !== null && sourceText.labels,
    group.groups.length > 0 && sourceText.nested(group.groups.length),
  ].filter((source) => source !== false);
  return (
    <tr>
      <td>
        <Link className="name" to="/groups/$id" params={{ id: group.id }}>
          {group.name}
        </Link>
        {group.description && <div className="muted">{group.description}</div>}
      </td>
      <td className="right num">{group.hosts === 0 ? '–' : group.hosts.toLocaleString('en')}</td>
      <td>
        {sources.length > 0 ? sources.join(', ') : <span className="muted">{sourceText.hand}</span>}{' '}
        {group.errors > 0 && <Status tone="warn" word={groupsText.errors(group.errors)} />}
        {group.unasked > 0 && <Status tone="unknown" word={groupsText.unasked(group.unasked)} />}
      </td>
      <td className="right num">{group.precedence.toLocaleString('en')}</td>
    </tr>
  );
}
