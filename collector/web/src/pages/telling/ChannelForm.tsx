import { type FormEvent, useState } from 'react';
import { type Channel, useSaveChannel } from '../../api/telling';
import { channelKind, channelsText, channelText, secretText } from '../../strings/en/govern/channels';
import { saveText } from '../../strings/en/govern/common';
import { Button } from '../../ui/Button';
import { AreaField, CheckField, SelectField, TextField } from '../../ui/fields';
import { SaveBar } from '../../ui/SaveBar';
import { ChannelFields } from './ChannelFields';
import { type ChannelDraft, KINDS, toDraft, toFields } from './channel';

type Props = {
  title: string;
  channel?: Channel;
  tag?: string;
  action?: string;
  onSaved?: (channel: Channel) => void;
  onReload?: () => void;
  onClose?: () => void;
};

/** What is said of a channel. Its secret is written and never read. */
export function ChannelForm({ title, channel, tag, action, onSaved, onReload, onClose }: Props) {
  const [draft, setDraft] = useState<ChannelDraft>(() => toDraft(channel));
  const save = useSaveChannel();
  const change = (part: Partial<ChannelDraft>) => setDraft((old) => ({ ...old, ...part }));
  const t = channelText;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending) return;
    save.mutate({ id: channel?.id ?? null, value: toFields(draft), tag }, { onSuccess: onSaved });
  };
  const secret = draft.kind === 'syslog' ? null : secretText[draft.kind];
  // A mail server may ask for no login; all others need their secret.
  const kept = channel?.secret_set && channel.settings.kind === draft.kind;
  return (
    <form className="card" aria-label={title} onSubmit={submit}>
      <header>
        <h2>{title}</h2>
      </header>
      <div className="body form">
        <TextField
          label={channelsText.name}
          required
          maxLength={100}
          value={draft.name}
          onChange={(name) => change({ name })}
        />
        <SelectField
          label={channelsText.kind}
          options={KINDS.map((value) => ({ value, label: channelKind[value] }))}
          value={draft.kind}
          onChange={(kind) => change({ kind, secret: '' })}
        />
        <div className="wide-field">
          <CheckField label={t.enabled} checked={draft.enabled} onChange={(enabled) => change({ enabled })} />
        </div>
        <ChannelFields draft={draft} onChange={change} />
        {secret && (
          <TextField
            wide
            label={secret.label}
            hint={kept ? `${secret.hint}. ${t.keptHint}` : secret.hint}
            type="password"
            autoComplete="new-password"
            required={!kept && draft.kind !== 'email'}
            maxLength={2000}
            value={draft.secret}
            onChange={(text) => change({ secret: text })}
          />
        )}
        <AreaField
          label={t.ca}
          hint={t.caHint}
          className="mono"
          rows={2}
          maxLength={65_536}
          value={draft.ca}
          onChange={(ca) => change({ ca })}
        />
        <SaveBar save={save} action={action} onReload={onReload}>
          {onClose && <Button onClick={onClose}>{saveText.cancel}</Button>}
        </SaveBar>
      </div>
    </form>
  );
}
