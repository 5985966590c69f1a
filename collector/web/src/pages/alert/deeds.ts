import type { Alert } from '../../api/client';
import type { Deed } from '../../api/mutations';

type Verb = Deed['verb'];

/** What can be done to an alert that stands so: as the collector has it. */
export function verbs(state: Alert['state']): Verb[] {
  switch (state) {
    case 'active':
      return ['assign', 'dismiss', 'snooze', 'acknowledge'];
    case 'acknowledged':
      return ['assign', 'dismiss', 'snooze'];
    case 'snoozed':
      return ['assign', 'dismiss', 'snooze', 'wake', 'acknowledge'];
    case 'dismissed':
      return ['assign', 'acknowledge'];
    case 'resolved':
      return [];
  }
}

/** For how long an alert can be snoozed, in hours. */
export const SNOOZES = [
  { hours: 1, word: '1 hour' },
  { hours: 4, word: '4 hours' },
  { hours: 24, word: '1 day' },
  { hours: 72, word: '3 days' },
  { hours: 168, word: '1 week' },
  { hours: 696, word: '29 days' },
] as const;

/** The instant so many hours from `now`, in milliseconds, as the API takes it. */
export const inHours = (now: number, hours: number): string =>
  new Date(now + hours * 3_600_000).toISOString();
