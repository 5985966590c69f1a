/** The same deed to several alerts. The API has it one by one, so that each answers for itself. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type Alert, api, unwrap } from './client';

export type TriageVerb = 'acknowledge' | 'snooze' | 'dismiss';
export type Triage = { verb: TriageVerb; alerts: readonly Alert[]; note: string; until?: string };
/** What came of it: those it was done to, and those that refused. */
export type TriageOutcome = { done: Alert[]; refused: { alert: Alert; why: string }[] };

function send({ verb, note, until }: Triage, id: string) {
  const params = { path: { id } };
  switch (verb) {
    case 'acknowledge':
      return api.POST('/api/v1/alerts/{id}/acknowledge', { params, body: { note } });
    case 'dismiss':
      return api.POST('/api/v1/alerts/{id}/dismiss', { params, body: { note } });
    case 'snooze':
      return api.POST('/api/v1/alerts/{id}/snooze', { params, body: { note, until: until ?? '' } });
  }
}

export function useTriage() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (triage: Triage): Promise<TriageOutcome> => {
      const outcome: TriageOutcome = { done: [], refused: [] };
      for (const alert of triage.alerts) {
        try {
          await unwrap(send(triage, alert.id));
          outcome.done.push(alert);
        } catch (error) {
          outcome.refused.push({ alert, why: error instanceof Error ? error.message : String(error) });
        }
      }
      return outcome;
    },
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ['alert'] });
      await client.invalidateQueries({ queryKey: ['alerts'] });
    },
  });
}
