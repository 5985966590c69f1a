import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { queries } from '../api/queries';

/** The name of a host of which only the identity is known. */
export function useHostName(id: string | undefined): string | undefined {
  const host = useQuery({ ...queries.host(id ?? ''), enabled: id !== undefined });
  return id === undefined ? undefined : (host.data?.hostname ?? id);
}

/** The same of a group. */
export function useGroupName(id: string | undefined): string | undefined {
  const groups = useQuery({ ...queries.groups(), enabled: id !== undefined });
  return id === undefined ? undefined : (groups.data?.items.find((group) => group.id === id)?.name ?? id);
}

export function HostLink({ id, name }: { id: string; name: string }) {
  return (
    <Link className="name host-name" to="/hosts/$id" params={{ id }} title={name}>
      {name}
    </Link>
  );
}
