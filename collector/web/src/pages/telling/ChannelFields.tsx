import { channelText } from '../../strings/en/govern/channels';
import { AreaField, CheckField, SelectField, TextField } from '../../ui/fields';
import { type ChannelDraft, SECURITIES } from './channel';

type Props = { draft: ChannelDraft; onChange: (part: Partial<ChannelDraft>) => void };

/** What channels of a kind have and others have not. */
export function ChannelFields(props: Props) {
  switch (props.draft.kind) {
    case 'email':
      return <Email {...props} />;
    case 'syslog':
      return <Syslog {...props} />;
    case 'webhook':
    case 'pagerduty':
      return <Address {...props} />;
    case 'slack':
    case 'teams':
      return null;
  }
}

function Server({ draft, onChange }: Props) {
  const t = channelText;
  return (
    <>
      <TextField
        label={t.host}
        required
        maxLength={253}
        value={draft.host}
        onChange={(host) => onChange({ host })}
      />
      <TextField
        label={t.port}
        type="number"
        required
        min={1}
        max={65_535}
        value={draft.port}
        onChange={(port) => onChange({ port })}
      />
    </>
  );
}

function Email(props: Props) {
  const { draft, onChange } = props;
  const t = channelText;
  return (
    <>
      <Server {...props} />
      <SelectField
        label={t.security}
        options={SECURITIES.map((value) => ({ value, label: t[`security_${value}`] }))}
        value={draft.security}
        onChange={(security) => onChange({ security })}
      />
      <TextField
        label={t.user}
        hint={t.userHint}
        value={draft.user}
        onChange={(user) => onChange({ user })}
      />
      <TextField
        label={t.from}
        type="email"
        required
        value={draft.from}
        onChange={(from) => onChange({ from })}
      />
      <AreaField
        label={t.to}
        hint={t.toHint}
        required
        rows={2}
        value={draft.to}
        onChange={(to) => onChange({ to })}
      />
    </>
  );
}

function Syslog(props: Props) {
  const { draft, onChange } = props;
  const t = channelText;
  return (
    <>
      <Server {...props} />
      <TextField
        label={t.facility}
        hint={t.facilityHint}
        type="number"
        min={0}
        max={23}
        value={draft.facility}
        onChange={(facility) => onChange({ facility })}
      />
      <div className="wide-field">
        <CheckField label={t.tls} checked={draft.tls} onChange={(tls) => onChange({ tls })} />
      </div>
    </>
  );
}

function Address({ draft, onChange }: Props) {
  const t = channelText;
  const needed = draft.kind === 'webhook';
  return (
    <TextField
      wide
      label={t.url}
      hint={needed ? t.urlHint : t.pagerdutyHint}
      type="url"
      required={needed}
      maxLength={2000}
      value={draft.url}
      onChange={(url) => onChange({ url })}
    />
  );
}
