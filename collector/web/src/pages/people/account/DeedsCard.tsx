import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import {
  type Account,
  type Invitation,
  useClearFactors,
  useDeleteAccount,
  useInvite,
  useReplaceAccount,
} from '../../../api/people';
import { queries } from '../../../api/queries';
import type { Tagged } from '../../../api/tagged';
import { useMay } from '../../../lib/may';
import { accountText } from '../../../strings/en/govern/people';
import { Button } from '../../../ui/Button';
import { Card } from '../../../ui/Card';
import { Confirm } from '../../../ui/Dialog';

export type Link = { kind: 'invitation' | 'reset'; invitation: Invitation };
type Asked = 'factors' | 'lock' | 'remove';
type Props = { account: Tagged<Account>; onIssued: (link: Link) => void };

/** What an administrator does about an account, each with what follows from it. */
export function DeedsCard({ account, onIssued }: Props) {
  const { name, display_name, disabled_at, has_password, break_glass } = account.value;
  const may = useMay();
  const navigate = useNavigate();
  const own = useQuery(queries.session()).data?.name === name;
  const invite = useInvite();
  const factors = useClearFactors();
  const replace = useReplaceAccount(account.value);
  const remove = useDeleteAccount();
  const [asked, setAsked] = useState<Asked | null>(null);
  const t = accountText;
  const locked = disabled_at !== null;
  if (!may('accounts.write')) return null;

  const issue = (kind: Link['kind']) =>
    invite.mutate({ name, kind }, { onSuccess: (invitation) => onIssued({ kind, invitation }) });
  const why = own ? t.own : undefined;
  const close = () => {
    setAsked(null);
    for (const each of [factors, replace, remove]) each.reset();
  };
  const act: Record<Asked, () => void> = {
    factors: () => factors.mutate(name, { onSuccess: close }),
    lock: () =>
      replace.mutate({ value: { display_name, disabled: !locked }, tag: account.tag }, { onSuccess: close }),
    remove: () => remove.mutate(name, { onSuccess: () => void navigate({ to: '/settings/accounts' }) }),
  };
  const words: Record<Asked, { title: string; what: string; action: string }> = {
    factors: { title: t.factorsAsk(name), what: t.factorsWhat, action: t.factors },
    lock: locked
      ? { title: t.unlockAsk(name), what: t.unlockWhy, action: t.unlock }
      : { title: t.lockAsk(name), what: t.lockWhy, action: t.lock },
    remove: { title: t.removeAsk(name), what: t.removeWhy, action: t.remove },
  };
  const shown = words[asked ?? 'lock'];

  return (
    <Card title={t.deeds}>
      <ul className="deeds">
        {has_password ? (
          <Deed
            action={t.reset}
            what={t.resetWhy}
            why={break_glass ? t.cannotInvite : why}
            busy={invite.isPending}
            onClick={() => issue('reset')}
          />
        ) : (
          <Deed
            action={t.invite}
            what={t.inviteWhy}
            why={why}
            busy={invite.isPending}
            onClick={() => issue('invitation')}
          />
        )}
        <Deed action={t.factors} what={t.factorsWhy} why={why} onClick={() => setAsked('factors')} />
        <Deed
          action={locked ? t.unlock : t.lock}
          what={locked ? t.unlockWhy : t.lockWhy}
          why={why}
          onClick={() => setAsked('lock')}
        />
        <Deed danger action={t.remove} what={t.removeWhy} why={why} onClick={() => setAsked('remove')} />
      </ul>
      {invite.error && (
        <p className="error" role="alert">
          {invite.error.message}
        </p>
      )}
      <Confirm
        opened={asked !== null}
        title={shown.title}
        action={shown.action}
        look={asked === 'lock' && locked ? 'primary' : 'danger'}
        busy={factors.isPending || replace.isPending || remove.isPending}
        error={factors.error ?? replace.error ?? remove.error}
        onConfirm={() => asked && act[asked]()}
        onClose={close}
      >
        <p>{shown.what}</p>
      </Confirm>
    </Card>
  );
}

type DeedProps = {
  action: string;
  what: string;
  /** Why it cannot be done. */
  why?: string;
  danger?: boolean;
  busy?: boolean;
  onClick: () => void;
};

function Deed({ action, what, why, danger, busy, onClick }: DeedProps) {
  return (
    <li>
      <p className="muted">
        {what}
        {why && ` ${why}.`}
      </p>
      <Button
        look={danger ? 'danger' : 'default'}
        disabled={why !== undefined}
        title={why}
        busy={busy}
        onClick={onClick}
      >
        {action}
      </Button>
    </li>
  );
}
