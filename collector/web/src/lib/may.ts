import { useQuery } from '@tanstack/react-query';
import { queries } from '../api/queries';

/** What who is signed in may do: anywhere, or for every host. The collector is asked again for each deed. */
export function useMay(): (permission: string, everywhere?: boolean) => boolean {
  const session = useQuery(queries.session());
  const grants = session.data?.grants ?? [];
  return (permission, everywhere = false) =>
    grants.some((grant) => grant.permission === permission && (grant.everywhere || !everywhere));
}
