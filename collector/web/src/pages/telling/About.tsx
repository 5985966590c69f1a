import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { queries } from '../../api/queries';

/** A host by its name, where only its identity is told. */
export function HostName({ id }: { id: string }) {
  const host = useQuery(queries.host(id));
  return (
    <Link to="/hosts/$id" params={{ id }}>
      {host.data?.hostname ?? id.slice(0, 8)}
    </Link>
  );
}

export function GroupName({ id }: { id: string }) {
  const groups = useQuery(queries.groups()).data?.items ?? [];
  return (
    <Link to="/groups/$id" params={{ id }}>
      {groups.find((group) => group.id === id)?.name ?? id.slice(0, 8)}
    </Link>
  );
}
