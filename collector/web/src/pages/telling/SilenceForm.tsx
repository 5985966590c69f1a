import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { queries } from '../../api/queries';
import { telling, useMakeSilence } from '../../api/telling';
import { useMay } from '../../lib/may';
import { saveText } from '../../strings/en/govern/common';
import { LASTS, silencesText } from '../../strings/en/govern/rules';
import { Button } from '../../ui/Button';
import { SelectField, TextField } from '../../ui/fields';
import { HostPick, type PickedHost } from '../../ui/HostPick';
import { SaveBar } from '../../ui/SaveBar';

const HOUR_MS = 3_600_000;
type Lasts = (typeof LASTS)[number]['value'];

/** Lets nobody hear of alerts that fit all that is said here. */
export function SilenceForm({ onDone }: { onDone: () => void }) {
  const may = useMay();
  const rules = useQuery({ ...telling.rules(), enabled: may('alert_rules.read') });
  const groups = useQuery({ ...queries.groups(), enabled: may('groups.read') });
  const make = useMakeSilence();
  const [rule, setRule] = useState('');
  const [key, setKey] = useState('');
  const [host, setHost] = useState<PickedHost | null>(null);
  const [group, setGroup] = useState('');
  const [lasts, setLasts] = useState<Lasts>('4');
  const [reason, setReason] = useState('');
  const t = silencesText;
  const saysNothing = !rule && !key.trim() && !host && !group;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (make.isPending) return;
    make.mutate(
      {
        alert_rule: rule || null,
        key: key.trim() || null,
        host: host?.id ?? null,
        group: group || null,
        to: new Date(Date.now() + Number(lasts) * HOUR_MS).toISOString(),
        reason: reason.trim(),
      },
      { onSuccess: onDone },
    );
  };
  return (
    <form className="card" aria-label={t.addTitle} onSubmit={submit}>
      <header>
        <h2>{t.addTitle}</h2>
      </header>
      <div className="body form">
        {may('alert_rules.read') && (
          <SelectField
            label={t.rule}
            options={[
              { value: '', label: t.anyRule },
              ...(rules.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
            ]}
            value={rule}
            onChange={setRule}
          />
        )}
        <TextField label={t.key} hint={t.keyHint} maxLength={500} value={key} onChange={setKey} />
        <HostPick label={t.host} hint={t.hostHint} value={host} onPick={setHost} />
        <SelectField
          label={t.group}
          hint={t.groupHint}
          options={[
            { value: '', label: t.anyGroup },
            ...(groups.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={group}
          onChange={setGroup}
        />
        <SelectField label={t.lasts} options={LASTS} value={lasts} onChange={setLasts} />
        <TextField
          label={t.reason}
          hint={t.reasonHint}
          required
          maxLength={500}
          value={reason}
          onChange={setReason}
        />
        <SaveBar save={make} action={t.create} why={saysNothing ? t.sayOne : undefined}>
          <Button onClick={onDone}>{saveText.cancel}</Button>
        </SaveBar>
      </div>
    </form>
  );
}
