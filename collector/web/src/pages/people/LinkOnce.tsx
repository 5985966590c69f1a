import type { Invitation } from '../../api/people';
import { linkText } from '../../strings/en/govern/people';
import { CopyLine } from '../../ui/CopyLine';
import { Stamp } from '../../ui/Time';

/** The only appearance of a link with which a password is chosen: the collector keeps its hash. */
export function LinkOnce({ invitation }: { invitation: Invitation }) {
  return (
    <>
      <p>{linkText.once}</p>
      <CopyLine text={new URL(invitation.path, location.origin).href} label={linkText.label} />
      <p className="muted">
        {linkText.until} <Stamp at={invitation.expires_at} />
      </p>
    </>
  );
}
