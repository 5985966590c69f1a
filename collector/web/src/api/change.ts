import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useProve } from '../lib/proof';

/** A deed that asks for a proof where the collector wants one, and makes old what it changes. */
export function useChange<In, Out>(change: (input: In) => Promise<Out>, old: readonly string[]) {
  const client = useQueryClient();
  const prove = useProve();
  return useMutation({
    mutationFn: (input: In) => prove(() => change(input)),
    onSuccess: async () => {
      await Promise.all(old.map((key) => client.invalidateQueries({ queryKey: [key] })));
    },
  });
}
