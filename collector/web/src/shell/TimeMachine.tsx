import { IconHistory } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useAt } from '../lib/at';
import { AGO, timeMachine } from '../strings/en/timemachine';
import { Button } from '../ui/Button';
import { InstantField } from '../ui/InstantField';
import { Popover } from '../ui/Popover';
import { StampAgo } from '../ui/Time';

/** Stays on the page, and looks at it at another instant. */
function useSetAt(): (at: string | undefined) => void {
  const navigate = useNavigate();
  return (at) => void navigate({ to: '.', search: (old: object) => ({ ...old, at }) as never });
}

/** Chooses the instant that every page shows, where it can. */
export function TimeMachine() {
  const at = useAt();
  const setAt = useSetAt();
  const [opened, setOpened] = useState(false);
  const [future, setFuture] = useState(false);

  const go = (instant: string | undefined) => {
    const ahead = instant !== undefined && Date.parse(instant) > Date.now();
    setFuture(ahead);
    if (ahead) return;
    setAt(instant);
    setOpened(false);
  };
  const open = (next: boolean) => {
    setFuture(false);
    setOpened(next);
  };

  return (
    <Popover
      opened={opened}
      onChange={open}
      target={
        <Button
          look="ghost"
          className="time-machine"
          data-past={at ? true : undefined}
          aria-label={at ? timeMachine.change : timeMachine.open}
          aria-expanded={opened}
          onClick={() => open(!opened)}
        >
          <IconHistory size={16} aria-hidden />
          <span className="wide-text">{at ? timeMachine.past : timeMachine.now}</span>
        </Button>
      }
    >
      <div className="stack">
        <h2>{timeMachine.title}</h2>
        <div className="quick" role="group" aria-label={timeMachine.quick}>
          {AGO.map(({ word, seconds }) => (
            <Button
              key={word}
              onClick={() => go(`${new Date(Date.now() - seconds * 1000).toISOString().slice(0, 19)}Z`)}
            >
              {word}
            </Button>
          ))}
        </div>
        <InstantField label={timeMachine.exact} value={at} onChange={go} />
        {future && (
          <p className="error" role="alert">
            {timeMachine.future}
          </p>
        )}
      </div>
    </Popover>
  );
}

/** Says across the whole page that it is not the present that one sees. */
export function PastStrip() {
  const at = useAt();
  const setAt = useSetAt();
  if (!at) return null;
  return (
    <section className="past" aria-label={timeMachine.label} data-tone="exception">
      <IconHistory size={16} aria-hidden />
      <p>
        <strong>
          {timeMachine.asOf} <StampAgo at={at} />
        </strong>{' '}
        <span className="wide">{timeMachine.what}</span>
      </p>
      <Button onClick={() => setAt(undefined)}>{timeMachine.back}</Button>
    </section>
  );
}
