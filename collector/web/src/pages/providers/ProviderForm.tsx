import { type FormEvent, useState } from 'react';
import { type Provider, useSaveProvider } from '../../api/providers';
import { saveText } from '../../strings/en/govern/common';
import { providersText } from '../../strings/en/govern/providers';
import { Button } from '../../ui/Button';
import { AreaField, CheckField, TextField } from '../../ui/fields';
import { SaveBar } from '../../ui/SaveBar';
import { MappingFields } from './MappingFields';
import { type ProviderDraft, toDraft, toFields } from './provider';

type Props = {
  title: string;
  provider?: Provider;
  tag?: string;
  onSaved?: (provider: Provider) => void;
  onReload?: () => void;
  onClose?: () => void;
};

/** What is said of a provider. */
export function ProviderForm({ title, provider, tag, onSaved, onReload, onClose }: Props) {
  const [draft, setDraft] = useState<ProviderDraft>(() => toDraft(provider));
  const save = useSaveProvider(provider === undefined);
  const change = (part: Partial<ProviderDraft>) => setDraft((old) => ({ ...old, ...part }));
  const t = providersText;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!save.isPending) save.mutate({ value: toFields(draft), tag }, { onSuccess: onSaved });
  };
  return (
    <form className="card" aria-label={title} onSubmit={submit}>
      <header>
        <h2>{title}</h2>
      </header>
      <div className="body form">
        {provider === undefined && (
          <TextField
            label={t.name}
            hint={t.nameHint}
            required
            maxLength={40}
            pattern="[a-z0-9\-]+"
            value={draft.name}
            onChange={(name) => change({ name })}
          />
        )}
        <TextField
          label={t.button}
          hint={t.titleHint}
          required
          maxLength={200}
          value={draft.title}
          onChange={(text) => change({ title: text })}
        />
        <TextField
          wide
          label={t.issuer}
          hint={t.issuerHint}
          type="url"
          required
          maxLength={2000}
          value={draft.issuer}
          onChange={(issuer) => change({ issuer })}
        />
        <TextField
          label={t.clientId}
          hint={t.clientIdHint}
          required
          maxLength={200}
          value={draft.clientId}
          onChange={(clientId) => change({ clientId })}
        />
        <TextField
          label={t.secret}
          hint={provider?.has_client_secret ? t.secretKept : t.secretHint}
          type="password"
          autoComplete="new-password"
          maxLength={1024}
          value={draft.secret}
          onChange={(secret) => change({ secret })}
        />
        <TextField
          label={t.nameClaim}
          required
          maxLength={200}
          value={draft.nameClaim}
          onChange={(nameClaim) => change({ nameClaim })}
        />
        <TextField
          label={t.groupClaim}
          required
          maxLength={200}
          value={draft.groupClaim}
          onChange={(groupClaim) => change({ groupClaim })}
        />
        <TextField
          label={t.scopes}
          hint={t.scopesHint}
          value={draft.scopes}
          onChange={(scopes) => change({ scopes })}
        />
        <MappingFields value={draft.mappings} onChange={(mappings) => change({ mappings })} />
        <div className="wide-field">
          <CheckField
            label={t.justInTime}
            hint={t.arrivalHint}
            checked={draft.justInTime}
            onChange={(justInTime) => change({ justInTime })}
          />
          <CheckField
            label={t.enabled}
            hint={t.enabledHint}
            checked={draft.enabled}
            onChange={(enabled) => change({ enabled })}
          />
        </div>
        <AreaField
          label={t.ca}
          hint={t.caHint}
          className="mono"
          rows={2}
          maxLength={65_536}
          value={draft.ca}
          onChange={(ca) => change({ ca })}
        />
        <SaveBar save={save} action={provider ? saveText.save : t.create} onReload={onReload}>
          {onClose && <Button onClick={onClose}>{saveText.cancel}</Button>}
        </SaveBar>
      </div>
    </form>
  );
}
