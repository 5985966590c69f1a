import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { type Group, groups, useDeleteGroup, useReplaceGroup } from '../../api/groups';
import type { Tagged } from '../../api/tagged';
import { useMay } from '../../lib/may';
import { definitionText, groupText } from '../../strings/en/govern/groups';
import { Anew } from '../../ui/Anew';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Dialog';
import { NotLoaded } from '../../ui/Listing';
import { Banner } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { TabLinks } from '../../ui/TabLinks';
import { Definition } from './Definition';
import { ErrorsCard } from './ErrorsCard';
import { GroupForm } from './GroupForm';
import { GroupSettings } from './GroupSettings';
import { MembersCard } from './MembersCard';

const route = getRouteApi('/signed-in/groups/$id');
const TABS = [
  { id: 'hosts', label: groupText.hosts },
  { id: 'definition', label: groupText.definition },
  { id: 'settings', label: groupText.settings },
] as const;

/** One group: who belongs to it and why, how that is said, and what is set for it. */
export function GroupPage() {
  const { id } = route.useParams();
  const { tab = 'hosts' } = route.useSearch();
  const may = useMay();
  const query = useQuery(groups.one(id));
  const t = groupText;
  if (!query.data)
    return (
      <Page title={t.what}>
        <section className="card">
          {query.isError ? (
            <NotLoaded what={t.what} error={query.error} retry={query.refetch} />
          ) : (
            <Skeleton lines={10} />
          )}
        </section>
      </Page>
    );
  const group = query.data.value;
  const writes = may('groups.write', true);
  const panels = {
    hosts: () => (
      <div className="stack panel">
        <MembersCard group={group} />
        {group.errors > 0 && <ErrorsCard id={id} />}
      </div>
    ),
    definition: () =>
      writes ? (
        <Anew version={query.data.tag}>
          <Editor group={query.data} onReload={() => void query.refetch()} />
        </Anew>
      ) : (
        <Definition group={group} />
      ),
    settings: () => <GroupSettings id={id} />,
  };
  return (
    <Page
      title={group.name}
      sub={
        <>
          <span className="num">{t.counted(group.hosts)}</span>
          {group.description && <span>{group.description}</span>}
        </>
      }
      actions={writes && <DeleteGroup group={query.data} />}
    >
      {group.errors > 0 && <Banner tone="warn">{t.errors(group.errors)}</Banner>}
      {group.unasked > 0 && <Banner tone="unknown">{t.unasked(group.unasked)}</Banner>}
      <TabLinks label={t.tabs} tabs={TABS} current={tab} />
      <div role="tabpanel" id="panel" aria-labelledby={`tab-${tab}`}>
        {panels[tab]()}
      </div>
    </Page>
  );
}

function Editor({ group, onReload }: { group: Tagged<Group>; onReload: () => void }) {
  const save = useReplaceGroup(group.value.id);
  return (
    <GroupForm
      title={definitionText.title}
      group={group.value}
      save={save}
      onSave={(value) => save.mutate({ value, tag: group.tag })}
      onReload={onReload}
    />
  );
}

function DeleteGroup({ group }: { group: Tagged<Group> }) {
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const remove = useDeleteGroup();
  const { id, name } = group.value;
  const t = groupText;
  const close = () => {
    setAsking(false);
    remove.reset();
  };
  return (
    <>
      <Button look="danger" onClick={() => setAsking(true)}>
        {t.remove}
      </Button>
      <Confirm
        opened={asking}
        title={t.removeAsk(name)}
        action={t.remove}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          remove.mutate({ value: id, tag: group.tag }, { onSuccess: () => void navigate({ to: '/groups' }) })
        }
        onClose={close}
      >
        <p>{t.removeWhat}</p>
      </Confirm>
    </>
  );
}
