import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '../../api/queries';
import { type Decision, useDecide, type WholeWaiver } from '../../api/waivers';
import { useMay } from '../../lib/may';
import { decisions, exception, renewal } from '../../strings/en/decide';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Dialog';
import { needed, type Offer, offers } from './deeds';
import { Renew } from './Renew';

const whyNot = ({ deed, allowed }: Offer): string | undefined => {
  if (allowed === 'own') return exception.own;
  return allowed === 'permission' ? exception.mayNot(needed(deed)) : undefined;
};

/** The buttons, each with a question first. What one may not do says why. */
export function Deeds({ waiver }: { waiver: WholeWaiver }) {
  const who = useQuery(queries.session()).data?.name;
  const may = useMay();
  const [asked, setAsked] = useState<Decision | 'renew' | null>(null);
  const list = offers(waiver, who, may);
  const close = () => setAsked(null);
  return (
    <>
      {list.map((offer) => (
        <Button
          key={offer.deed}
          look={offer.deed === 'approve' ? 'primary' : offer.deed === 'revoke' ? 'danger' : 'default'}
          why={whyNot(offer)}
          onClick={() => setAsked(offer.deed)}
        >
          {offer.deed === 'renew' ? renewal.action : decisions[offer.deed].action}
        </Button>
      ))}
      {list.some(({ allowed }) => allowed === 'own') && <p className="muted why-not">{exception.own}</p>}
      {asked !== null && asked !== 'renew' && <Decide waiver={waiver} verb={asked} onClose={close} />}
      {asked === 'renew' && <Renew waiver={waiver} onClose={close} />}
    </>
  );
}

function Decide({ waiver, verb, onClose }: { waiver: WholeWaiver; verb: Decision; onClose: () => void }) {
  const [note, setNote] = useState('');
  const decide = useDecide(waiver.id);
  const { question, action, what } = decisions[verb];
  return (
    <Confirm
      opened
      title={question}
      action={action}
      look={verb === 'approve' ? 'primary' : 'danger'}
      busy={decide.isPending}
      error={decide.error}
      onConfirm={() => decide.mutate({ verb, note }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>{what}</p>
      <label className="field">
        <span>{exception.note}</span>
        <input maxLength={1000} value={note} onChange={({ target }) => setNote(target.value)} />
        <small>{exception.noteHint}</small>
      </label>
    </Confirm>
  );
}
