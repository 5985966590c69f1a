import { useState } from 'react';
import { usePinBaseline } from '../../api/compare';
import { useAt } from '../../lib/at';
import { GroupPicker, HostPicker } from '../../parts/pickers';
import { baselineWords } from '../../strings/en/decide';
import { Confirm } from '../../ui/Dialog';
import { InstantField } from '../../ui/InstantField';

const words = baselineWords.form;
type Props = { host: string | undefined; group: string | undefined; onClose: () => void };

/** Holds on to what a host or a group is, or was at an instant. */
export function PinDialog({ host: givenHost, group: givenGroup, onClose }: Props) {
  const now = useAt();
  const [of, setOf] = useState<'host' | 'group'>(givenGroup ? 'group' : 'host');
  const [host, setHost] = useState(givenHost);
  const [group, setGroup] = useState(givenGroup);
  const [at, setAt] = useState(now);
  const [name, setName] = useState('');
  const [note, setNote] = useState('');
  const [tried, setTried] = useState(false);
  const pin = usePinBaseline();
  const wrongName = name.trim() === '';
  const wrongWhom = of === 'host' ? host === undefined : group === undefined;
  const send = () => {
    setTried(true);
    if (wrongName || wrongWhom) return;
    const whom = of === 'host' ? { host } : { group };
    pin.mutate({ ...whom, name: name.trim(), note: note.trim(), at: at ?? null }, { onSuccess: onClose });
  };
  return (
    <Confirm
      opened
      title={words.title}
      action={words.send}
      look="primary"
      busy={pin.isPending}
      error={pin.error}
      onConfirm={send}
      onClose={onClose}
    >
      <label className="field">
        <span>{words.name}</span>
        <input
          maxLength={100}
          value={name}
          aria-invalid={(tried && wrongName) || undefined}
          onChange={({ target }) => setName(target.value)}
        />
        {tried && wrongName && <small className="error">{words.wrongName}</small>}
      </label>
      <fieldset className="choices" aria-label={words.of}>
        {(['host', 'group'] as const).map((each) => (
          <label key={each} className="check">
            <input type="radio" name="of" checked={of === each} onChange={() => setOf(each)} />
            {words[each]}
          </label>
        ))}
      </fieldset>
      {of === 'host' ? (
        <HostPicker
          label={words.host}
          value={host}
          onChange={setHost}
          error={tried && wrongWhom ? words.wrongHost : undefined}
        />
      ) : (
        <GroupPicker
          label={words.group}
          value={group}
          onChange={setGroup}
          error={tried && wrongWhom ? words.wrongGroup : undefined}
        />
      )}
      <InstantField label={words.at} value={at} onChange={setAt} />
      <small className="muted">{words.atNote}</small>
      <label className="field">
        <span>{words.note}</span>
        <input maxLength={1000} value={note} onChange={({ target }) => setNote(target.value)} />
      </label>
    </Confirm>
  );
}
