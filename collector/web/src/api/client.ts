import createFetchClient from 'openapi-fetch';
import { isPresent } from '../lib/presence';
import { Problem } from './problem';
import type { components, operations, paths } from './schema';

type Schemas = components['schemas'];
export type Alert = Schemas['Alert'];
export type AlertDetail = Schemas['WholeAlert'];
export type AlertEntry = Schemas['AlertEntry'];
export type AlertSubject = Schemas['AlertSubject'];
export type Bundle = Schemas['Bundle'];
export type Change = Schemas['Change'];
export type IssuedToken = Schemas['IssuedToken'];
export type Fact = Schemas['Fact'];
export type FleetContent = Schemas['FleetContent'];
export type Host = Schemas['Host'];
export type HostDetail = Schemas['HostDetail'];
export type HostSort = NonNullable<NonNullable<operations['list_hosts']['parameters']['query']>['sort']>;
export type HostKind = Schemas['HostKind'];
export type HostList = Schemas['HostList'];
export type NewToken = Schemas['NewToken'];
export type Notification = Schemas['Notification'];
export type NotificationChoice = Schemas['NotificationChoice'];
export type OpenSession = Schemas['OpenSession'];
export type Passkey = Schemas['Passkey'];
export type PreferenceFields = Schemas['PreferenceFields'];
export type Preferences = Schemas['NotificationPreferences'];
export type Prediction = Schemas['Prediction'];
export type RingProgress = Schemas['RingProgress'];
export type Rollout = Schemas['Rollout'];
export type RolloutDetail = Schemas['RolloutDetail'];
export type RolloutEvent = Schemas['RolloutEvent'];
export type Session = Schemas['Session'];
export type Severity = Alert['severity'];
export type Token = Schemas['Token'];

/** `fetch` is looked up at each call, so that a test can put another in its place. */
export const api = createFetchClient<paths>({
  baseUrl: globalThis.location?.origin ?? 'http://localhost',
  credentials: 'same-origin',
  // A form on another site cannot set a header: this is the proof that the request is ours.
  headers: { 'X-OpenWatch-Request': '1' },
  fetch: (request) => {
    // What the page asks by itself keeps no session alive.
    if (!isPresent()) request.headers.set('X-OpenWatch-Background', '1');
    return globalThis.fetch(request);
  },
});

let signedOut: () => void = () => {};
/** How many sessions have begun in this window. */
let sessions = 0;

/** Who is told when an answer says that the session is over. */
export function onSignedOut(listener: () => void): void {
  signedOut = listener;
}

/** Somebody has signed in: that what was asked before is refused says nothing of them. */
export function sessionBegan(): void {
  sessions += 1;
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The data of an answer, or a thrown [`Problem`]. Every request goes through here. */
export async function unwrap<T>(request: Promise<Answer<T>>): Promise<T> {
  const asked = sessions;
  const answer = await request.catch((cause: unknown) => {
    // An aborted request is not a failure: whoever asked has gone.
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw Problem.unreachable(cause);
  });
  if (answer.response.ok) return answer.data as T;
  const problem = Problem.from(answer.response, answer.error);
  if (problem.code === 'unauthenticated' && asked === sessions) signedOut();
  throw problem;
}
