import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { people, useEndSessions } from '../../../api/people';
import { useMay } from '../../../lib/may';
import { sessionsText } from '../../../strings/en/govern/people';
import { Button } from '../../../ui/Button';
import { Card } from '../../../ui/Card';
import { Confirm } from '../../../ui/Dialog';
import { Listing } from '../../../ui/Listing';
import { Empty } from '../../../ui/Notice';
import { Ago } from '../../../ui/Time';

/** Where somebody is signed in, and the end of it. */
export function SessionsCard({ name }: { name: string }) {
  const may = useMay();
  const list = useInfiniteQuery(people.sessions(name));
  const end = useEndSessions();
  const [asking, setAsking] = useState(false);
  const sessions = list.data?.pages.flatMap((page) => page.items) ?? [];
  const t = sessionsText;
  const close = () => {
    setAsking(false);
    end.reset();
  };
  return (
    <Card
      title={t.title}
      flush
      aside={
        may('accounts.write') &&
        sessions.length > 0 && (
          <div className="actions">
            <Button onClick={() => setAsking(true)}>{t.end}</Button>
          </div>
        )
      }
    >
      <Listing
        what={t.what}
        query={list}
        items={sessions}
        lines={3}
        head={[t.from, t.how, t.began, t.used]}
        row={(session) => (
          <tr key={session.id} title={session.user_agent}>
            <td className="strong nowrap">{session.address ?? t.unknown}</td>
            <td className="nowrap">{session.how}</td>
            <td>
              <Ago at={session.created_at} />
            </td>
            <td>
              <Ago at={session.used_at} />
            </td>
          </tr>
        )}
        empty={<Empty title={t.none}>{t.noneWhy}</Empty>}
      />
      <Confirm
        opened={asking}
        title={t.endAsk(name)}
        action={t.end}
        busy={end.isPending}
        error={end.error}
        onConfirm={() => end.mutate(name, { onSuccess: close })}
        onClose={close}
      >
        <p>{t.endWhat}</p>
      </Confirm>
    </Card>
  );
}
