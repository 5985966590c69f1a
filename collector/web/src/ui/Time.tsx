import { useNow } from '../lib/now';
import { usePrefs } from '../lib/prefs';
import { ago, stamp } from '../lib/time';

/** The exact instant, with its zone. */
export function Stamp({ at }: { at: string }) {
  const { zone } = usePrefs();
  return (
    <time className="num nowrap" dateTime={at}>
      {stamp(at, zone)}
    </time>
  );
}

/** How long ago, with the exact instant on hover. */
export function Ago({ at }: { at: string }) {
  const { zone } = usePrefs();
  const now = useNow();
  return (
    <time className="num nowrap" dateTime={at} title={stamp(at, zone)}>
      {ago(at, now)}
    </time>
  );
}

/** Both, for where there is room. */
export function StampAgo({ at }: { at: string }) {
  return (
    <>
      <Stamp at={at} />{' '}
      <span className="muted">
        (<Ago at={at} />)
      </span>
    </>
  );
}
