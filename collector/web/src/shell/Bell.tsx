import { IconBell } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useRef, useState } from 'react';
import { queries } from '../api/queries';
import { bellText } from '../strings/en';
import { Button } from '../ui/Button';

const Told = lazy(() => import('./Told').then((module) => ({ default: module.Told })));

/** How much one has not looked at, and the way to it. */
export function Bell() {
  const [opened, setOpened] = useState(false);
  // What was opened once stays in the page, so that it goes as it came.
  const [wanted, setWanted] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const unread = useQuery(queries.unread()).data?.unread ?? 0;
  const open = () => {
    setWanted(true);
    setOpened(true);
  };
  const close = () => {
    setOpened(false);
    button.current?.focus();
  };
  return (
    <>
      <Button ref={button} look="ghost" className="bell" aria-haspopup="dialog" onClick={open}>
        <IconBell size={18} aria-hidden />
        <span className="sr">{unread === 0 ? 'Notifications' : `Notifications, ${unread} unread`}</span>
        {unread > 0 && (
          <span className="badge num" aria-hidden="true">
            {bellText(unread)}
          </span>
        )}
      </Button>
      <span className="sr" role="status">
        {unread > 0 && `${unread} unread`}
      </span>
      {wanted && (
        <Suspense fallback={null}>
          <Told opened={opened} onClose={close} onLeave={() => setOpened(false)} />
        </Suspense>
      )}
    </>
  );
}
