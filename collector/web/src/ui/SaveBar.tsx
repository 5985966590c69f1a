import { type ReactNode, useContext } from 'react';
import { isConflict } from '../api/tagged';
import { SavedContext } from '../lib/saved';
import { saveText } from '../strings/en/govern/common';
import { Button } from './Button';
import { Banner } from './Notice';

type Props = {
  save: { isPending: boolean; isSuccess: boolean; error: Error | null };
  action?: string;
  /** Why it cannot be done now; the button is off then. */
  why?: string;
  /** Throws away what was typed, and shows how it is now: somebody else was first. */
  onReload?: () => void;
  children?: ReactNode;
};

/** The end of a form: its button, and what came of pressing it. */
export function SaveBar({ save, action = saveText.save, why, onReload, children }: Props) {
  const { saved } = useContext(SavedContext);
  const conflict = isConflict(save.error);
  return (
    <div className="submit">
      {conflict && (
        <Banner tone="warn" action={onReload && <Button onClick={onReload}>{saveText.showNow}</Button>}>
          <span role="alert">{saveText.conflict}</span>
        </Banner>
      )}
      <Button type="submit" look="primary" busy={save.isPending} disabled={why !== undefined} title={why}>
        {action}
      </Button>
      {children}
      {why && <span className="muted">{why}</span>}
      <span role="status" className="muted">
        {(saved || save.isSuccess) && saveText.saved}
      </span>
      <p className="error" role="alert">
        {!conflict && save.error?.message}
      </p>
    </div>
  );
}
