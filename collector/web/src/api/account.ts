/** One's own password. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useProve } from '../lib/proof';
import { api, unwrap } from './client';
import { queries } from './queries';

export function useSetPassword() {
  const client = useQueryClient();
  const prove = useProve();
  return useMutation({
    mutationFn: (body: { present: string; password: string }) =>
      prove(() => unwrap(api.PUT('/api/v1/account/password', { body }))),
    onSuccess: async (session) => {
      client.setQueryData(queries.session().queryKey, session);
      await client.invalidateQueries({ queryKey: ['account'] });
    },
  });
}
