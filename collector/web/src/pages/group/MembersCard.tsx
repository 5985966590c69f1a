import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type Group, groups, type Member, useChangeMembers } from '../../api/groups';
import { useMay } from '../../lib/may';
import { listText } from '../../strings/en/govern/common';
import { membersText, whyText } from '../../strings/en/govern/groups';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { HostPick, type PickedHost } from '../../ui/HostPick';
import { Listing } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';

/** The hosts of a group, each with the reason, and those that are named by hand. */
export function MembersCard({ group }: { group: Group }) {
  const may = useMay();
  const names = may('groups.members');
  const list = useInfiniteQuery(groups.members(group.id));
  const change = useChangeMembers(group.id);
  const [picked, setPicked] = useState<PickedHost | null>(null);
  const members = list.data?.pages.flatMap((page) => page.items) ?? [];
  const t = membersText;
  return (
    <Card title={t.title} flush>
      {names && (
        <div className="body form narrow-form">
          <HostPick label={t.add} hint={t.addHint} value={picked} onPick={setPicked} />
          <div className="submit">
            <Button
              disabled={picked === null}
              busy={change.isPending}
              onClick={() =>
                picked && change.mutate({ add: [picked.id] }, { onSuccess: () => setPicked(null) })
              }
            >
              {t.addAction}
            </Button>
            <p className="error" role="alert">
              {change.error?.message}
            </p>
          </div>
        </div>
      )}
      <Listing
        what={t.what}
        query={list}
        items={members}
        head={[t.host, t.why, { label: listText.actions, hidden: true }]}
        row={(member) => (
          <Row
            key={member.id}
            member={member}
            onRemove={names ? () => change.mutate({ remove: [member.id] }) : undefined}
          />
        )}
        empty={<Empty title={t.none}>{t.noneWhy}</Empty>}
      />
    </Card>
  );
}

function Row({ member, onRemove }: { member: Member; onRemove?: () => void }) {
  const t = membersText;
  const reasons = member.why.map((why) =>
    why === 'nested' && member.through.length > 0 ? t.through(member.through) : whyText[why],
  );
  return (
    <tr>
      <td>
        <Link className="name" to="/hosts/$id" params={{ id: member.id }}>
          {member.hostname}
        </Link>
      </td>
      <td>{reasons.join(', ')}</td>
      <td className="right">
        {onRemove && member.why.includes('hand') && (
          <Button aria-label={t.removeLabel(member.hostname)} onClick={onRemove}>
            {t.remove}
          </Button>
        )}
      </td>
    </tr>
  );
}
