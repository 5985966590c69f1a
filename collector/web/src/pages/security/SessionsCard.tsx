import { useQuery } from '@tanstack/react-query';
import type { OpenSession } from '../../api/client';
import { ownSessions, useEndOthers, useEndSession } from '../../api/factors';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Failed } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { Ago } from '../../ui/Time';

/** Where one is signed in, and the end of it. */
export function SessionsCard() {
  const list = useQuery(ownSessions());
  const end = useEndSession();
  const others = useEndOthers();
  const sessions = list.data?.items ?? [];
  const content = () => {
    if (list.isError) {
      return <Failed what="The sessions did not load" error={list.error} retry={() => void list.refetch()} />;
    }
    if (list.isPending) return <Skeleton lines={3} label="Loading sessions" />;
    return (
      <section className="scroll" aria-label="List of sessions" tabIndex={0}>
        <table className="plain">
          <thead>
            <tr>
              <th>From</th>
              <th>Signed in with</th>
              <th>Began</th>
              <th>Last used</th>
              <th>
                <span className="sr">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sessions.map((session) => (
              <SessionRow key={session.id} session={session} onEnd={() => end.mutate(session.id)} />
            ))}
          </tbody>
        </table>
      </section>
    );
  };
  const error = end.error ?? others.error;
  return (
    <Card
      title="Where you are signed in"
      flush
      aside={
        sessions.length > 1 && (
          <div className="actions">
            <Button busy={others.isPending} onClick={() => others.mutate(undefined)}>
              End all others
            </Button>
          </div>
        )
      }
    >
      {content()}
      {error && (
        <p className="note error" role="alert">
          {error.message}
        </p>
      )}
    </Card>
  );
}

function SessionRow({ session, onEnd }: { session: OpenSession; onEnd: () => void }) {
  const from = session.address ?? 'Unknown';
  return (
    <tr title={session.user_agent}>
      <td className="strong nowrap">{session.current ? `${from} (here)` : from}</td>
      <td className="nowrap">{session.how}</td>
      <td>
        <Ago at={session.created_at} />
      </td>
      <td>
        <Ago at={session.used_at} />
      </td>
      <td className="right">
        {!session.current && (
          <Button aria-label={`End the session from ${from}`} onClick={onEnd}>
            End
          </Button>
        )}
      </td>
    </tr>
  );
}
