import { Link } from '@tanstack/react-router';
import { accountsText } from '../../../strings/en/govern/people';
import { Button } from '../../../ui/Button';
import { Card } from '../../../ui/Card';
import { CopyLine } from '../../../ui/CopyLine';
import { LinkOnce } from '../LinkOnce';
import type { Made } from './AccountsPage';

/** An account that was made a moment ago, and what its person needs to get in. */
export function MadeAccountCard({ made, onDone }: { made: Made; onDone: () => void }) {
  const t = accountsText;
  return (
    <Card title={t.made(made.name)}>
      <div className="stack">
        {made.invitation && <LinkOnce invitation={made.invitation} />}
        {made.password && (
          <>
            <p>{t.madePassword}</p>
            <CopyLine text={made.password} label={t.passwordLabel} />
          </>
        )}
        {!made.invitation && !made.password && <p>{t.madeOther}</p>}
        <div className="actions start">
          <Button onClick={onDone}>{t.done}</Button>
          <Link to="/settings/accounts/$name" params={{ name: made.name }}>
            {t.open}
          </Link>
        </div>
      </div>
    </Card>
  );
}
