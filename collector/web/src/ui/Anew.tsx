import { Fragment, type ReactNode, useState } from 'react';
import { SavedContext } from '../lib/saved';

type Props = { version: string | undefined; children: ReactNode };

/** A form that begins anew when what it is about is another; that it was saved is still said then. */
export function Anew({ version, children }: Props) {
  const [saved, note] = useState(false);
  return (
    <SavedContext value={{ saved, note }}>
      <Fragment key={version}>{children}</Fragment>
    </SavedContext>
  );
}
