import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useRenew, type WholeWaiver } from '../../api/waivers';
import { newException, renewal } from '../../strings/en/decide';
import { Confirm } from '../../ui/Dialog';
import { wrongDays, wrongReason } from '../newexception/checks';

/** Asks that an exception goes on: another request, which somebody else decides on. */
export function Renew({ waiver, onClose }: { waiver: WholeWaiver; onClose: () => void }) {
  const [reason, setReason] = useState(waiver.reason);
  const [days, setDays] = useState(String(waiver.days));
  const [tried, setTried] = useState(false);
  const renew = useRenew(waiver.id);
  const navigate = useNavigate();
  const wrong = { reason: wrongReason(reason), days: wrongDays(days) };
  const send = () => {
    setTried(true);
    if (wrong.reason || wrong.days) return;
    renew.mutate(
      { reason: reason.trim(), days: Number(days) },
      { onSuccess: ({ id }) => void navigate({ to: '/exceptions/$id', params: { id } }) },
    );
  };
  return (
    <Confirm
      opened
      title={renewal.title}
      action={renewal.send}
      look="primary"
      busy={renew.isPending}
      error={renew.error}
      onConfirm={send}
      onClose={onClose}
    >
      <p>{renewal.what}</p>
      <label className="field">
        <span>{newException.reason}</span>
        <textarea
          rows={4}
          maxLength={2000}
          value={reason}
          aria-invalid={(tried && wrong.reason) || undefined}
          onChange={({ target }) => setReason(target.value)}
        />
        {tried && wrong.reason ? (
          <small className="error">{newException.wrong.reason}</small>
        ) : (
          <small>{newException.reasonHint(reason.trim().length)}</small>
        )}
      </label>
      <label className="field">
        <span>{newException.days}</span>
        <input
          inputMode="numeric"
          maxLength={3}
          value={days}
          aria-invalid={(tried && wrong.days) || undefined}
          onChange={({ target }) => setDays(target.value)}
        />
        {tried && wrong.days ? (
          <small className="error">{newException.wrong.days}</small>
        ) : (
          <small>{newException.daysHint}</small>
        )}
      </label>
    </Confirm>
  );
}
