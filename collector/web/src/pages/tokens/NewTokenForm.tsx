import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { queries } from '../../api/queries';
import { type IssuedApiToken, useMakeToken } from '../../api/tokens';
import { useMay } from '../../lib/may';
import { saveText } from '../../strings/en/govern/common';
import { familyText } from '../../strings/en/govern/people';
import { LIFETIMES, tokensText } from '../../strings/en/govern/tokens';
import { Button } from '../../ui/Button';
import { CheckField, SelectField, TextField } from '../../ui/fields';
import { SaveBar } from '../../ui/SaveBar';
import { families } from '../people/roles/families';

type Lifetime = (typeof LIFETIMES)[number]['value'];
type Props = { onMade: (token: IssuedApiToken) => void; onClose: () => void };

/** A token of what one may oneself. */
export function NewTokenForm({ onMade, onClose }: Props) {
  const may = useMay();
  const grants = useQuery(queries.session()).data?.grants ?? [];
  const groups = useQuery({ ...queries.groups(), enabled: may('groups.read') }).data?.items ?? [];
  const make = useMakeToken();
  const [name, setName] = useState('');
  const [lifetime, setLifetime] = useState<Lifetime>('7776000');
  const [permissions, setPermissions] = useState<readonly string[]>([]);
  const [bound, setBound] = useState<readonly string[]>([]);
  const t = tokensText;
  const own = grants.map(({ permission }) => permission);
  const toggled = (all: readonly string[], before: readonly string[], one: string, isIn: boolean) =>
    all.filter((each) => (each === one ? isIn : before.includes(each)));

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (make.isPending) return;
    make.mutate(
      {
        name: name.trim(),
        permissions: [...permissions],
        groups: bound.length > 0 ? [...bound] : null,
        expires_in_s: Number(lifetime),
      },
      { onSuccess: onMade },
    );
  };
  return (
    <form className="card" aria-label={t.addTitle} onSubmit={submit}>
      <header>
        <h2>{t.addTitle}</h2>
      </header>
      <div className="body form">
        <TextField
          label={t.name}
          hint={t.nameHint}
          required
          maxLength={100}
          value={name}
          onChange={setName}
        />
        <SelectField label={t.lifetime} options={LIFETIMES} value={lifetime} onChange={setLifetime} />
        <div className="wide-field permission-families">
          {families(own, (code) => code).map((family) => (
            <fieldset key={family.name}>
              <legend>{familyText(family.name)}</legend>
              {family.members.map((code) => (
                <CheckField
                  key={code}
                  label={<code className="mono">{code}</code>}
                  checked={permissions.includes(code)}
                  onChange={(isIn) => setPermissions(toggled(own, permissions, code, isIn))}
                />
              ))}
            </fieldset>
          ))}
        </div>
        {groups.length > 0 && (
          <fieldset className="wide-field">
            <legend>
              {t.groups} <span className="muted">({t.groupsHint})</span>
            </legend>
            <div className="ticks">
              {groups.map((group) => (
                <CheckField
                  key={group.id}
                  label={group.name}
                  checked={bound.includes(group.id)}
                  onChange={(isIn) =>
                    setBound(
                      toggled(
                        groups.map(({ id }) => id),
                        bound,
                        group.id,
                        isIn,
                      ),
                    )
                  }
                />
              ))}
            </div>
          </fieldset>
        )}
        <SaveBar save={make} action={t.create} why={permissions.length === 0 ? t.least : undefined}>
          <Button onClick={onClose}>{saveText.cancel}</Button>
        </SaveBar>
      </div>
    </form>
  );
}
