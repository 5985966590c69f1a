import type { NotificationChoice, Severity } from '../../api/client';
import { SEVERITIES } from '../../lib/search';

type Wish = Pick<NotificationChoice, 'in_app' | 'email'>;

/** What everybody has who said nothing. */
const DEFAULT: Wish = { in_app: true, email: 'off' };

/** The types of alerts, as routes of notices call them, in the order in which they are shown. */
export const ALERT_TYPES = [
  'critical_finding',
  'high_finding',
  'medium_finding',
  'low_finding',
  'info_finding',
  'score_drop',
  'non_compliant',
  'degrading_trend',
  'host_unreachable',
  'host_not_scanned',
  'scan_failed',
  'scan_backlog',
  'mass_drift',
  'event',
] as const;

/** What is wanted of a type in one severity. */
export const wishOf = (choices: NotificationChoice[], type: string, severity: Severity): Wish =>
  choices.find((choice) => choice.alert_type === type && choice.severity === severity) ?? DEFAULT;

/** What is wanted of a type in these severities; null where that differs from one to the next. */
export function wishes(
  choices: NotificationChoice[],
  type: string,
  severities: readonly Severity[],
): { in_app: boolean | null; email: Wish['email'] | null } {
  const all = severities.map((severity) => wishOf(choices, type, severity));
  const [first = DEFAULT] = all;
  return {
    in_app: all.every((wish) => wish.in_app === first.in_app) ? first.in_app : null,
    email: all.every((wish) => wish.email === first.email) ? first.email : null,
  };
}

/** The choices with another wish for a type in these severities. What everybody has anyway is no choice. */
export function choose(
  choices: NotificationChoice[],
  type: string,
  severities: readonly Severity[],
  wish: Partial<Wish>,
): NotificationChoice[] {
  const others = choices.filter(
    (choice) => choice.alert_type !== type || !severities.includes(choice.severity),
  );
  const chosen = severities
    .map((severity) => ({
      alert_type: type,
      severity,
      ...DEFAULT,
      ...pick(wishOf(choices, type, severity)),
      ...wish,
    }))
    .filter((choice) => choice.in_app !== DEFAULT.in_app || choice.email !== DEFAULT.email);
  return [...others, ...chosen];
}

const pick = ({ in_app, email }: Wish): Wish => ({ in_app, email });

/** The severities that a choice of the page stands for: one, or all. */
export const severitiesOf = (severity: Severity | 'all'): readonly Severity[] =>
  severity === 'all' ? SEVERITIES : [severity];

/** `22:30` of a minute of the day; midnight at its end is `00:00`. */
export const toClock = (minute: number): string => {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(Math.floor(minute / 60) % 24)}:${two(minute % 60)}`;
};

/** The minute of the day that a clock shows; null when it shows none. */
export function fromClock(text: string): number | null {
  const [, hours = '', minutes = ''] = /^(\d\d):(\d\d)$/.exec(text) ?? [];
  const minute = Number(hours) * 60 + Number(minutes);
  return hours !== '' && Number(hours) < 24 && Number(minutes) < 60 ? minute : null;
}
