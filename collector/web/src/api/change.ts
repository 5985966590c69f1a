import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useContext } from 'react';
import { useProve } from '../lib/proof';
import { SavedContext } from '../lib/saved';

/** A deed that asks for a proof where the collector wants one, and makes old what it changes. */
export function useChange<In, Out>(change: (input: In) => Promise<Out>, old: readonly string[]) {
  const client = useQueryClient();
  const prove = useProve();
  const { note } = useContext(SavedContext);
  return useMutation({
    mutationFn: (input: In) => prove(() => change(input)),
    onMutate: () => note(false),
    onSuccess: async () => {
      note(true);
      await Promise.all(old.map((key) => client.invalidateQueries({ queryKey: [key] })));
    },
  });
}
