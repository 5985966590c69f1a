import type { Prefs } from './prefs';

export type Zone = Prefs['zone'];

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: Zone): Intl.DateTimeFormat {
  let found = formats.get(zone);
  if (!found) {
    // Swedish writes dates as ISO 8601 does.
    found = new Intl.DateTimeFormat('sv-SE', {
      dateStyle: 'short',
      timeStyle: 'medium',
      timeZone: zone === 'utc' ? 'UTC' : undefined,
    });
    formats.set(zone, found);
  }
  return found;
}

/** The zone's name as printed after each time: `UTC`, or the local offset at that instant. */
export function zoneName(zone: Zone, at: Date): string {
  if (zone === 'utc') return 'UTC';
  const east = -at.getTimezoneOffset();
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  return `${east < 0 ? '−' : '+'}${two(Math.abs(east) / 60)}:${two(Math.abs(east) % 60)}`;
}

/** `2026-11-21 22:59:03 UTC`; the text itself when it is not a time. */
export function stamp(iso: string, zone: Zone): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  return `${format(zone).format(at)} ${zoneName(zone, at)}`;
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' });
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** `5 min. ago`, `in 2 days`; below a minute `just now`, since clocks of hosts differ by seconds. */
export function ago(iso: string, now: number): string {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return 'just now';
}

/** `2026-11-21 22:59:03`: an instant as it is typed, in this zone. */
export const toField = (iso: string, zone: Zone): string => format(zone).format(new Date(iso));

const TYPED = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d)?)?$/;

/**
 * The instant that a typed text means in this zone, RFC 3339 in UTC; null if none. Without a time it
 * is the day's beginning. A day that a month does not have is none.
 */
export function fromField(typed: string, zone: Zone): string | null {
  const [, day, minute = '00:00', second = ':00'] = TYPED.exec(typed.trim()) ?? [];
  if (!day || Number.isNaN(Date.parse(`${day}T${minute}${second}Z`))) return null;
  if (new Date(`${day}T00:00Z`).toISOString().slice(0, 10) !== day) return null;
  return new Date(`${day}T${minute}${second}${zone === 'utc' ? 'Z' : ''}`).toISOString();
}

/** Whether a text from the URL names an instant with its zone, as the API demands. */
export const isInstant = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text) &&
  !Number.isNaN(Date.parse(text));
