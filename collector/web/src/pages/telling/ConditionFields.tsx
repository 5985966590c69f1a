import { useQuery } from '@tanstack/react-query';
import { telling } from '../../api/telling';
import { isAtPlace } from '../../lib/place';
import { severityWord } from '../../strings/en';
import { figureText, levelText, rulesText, sortText, standsText } from '../../strings/en/govern/rules';
import { AtLine } from '../../ui/AtLine';
import { AreaField, CheckField, SelectField, TextField } from '../../ui/fields';
import { type ConditionDraft, FINDING_SEVERITIES, LEVELS, resorted, SORTS, STANDS } from './condition';

type Props = {
  draft: ConditionDraft;
  /** What the collector said of the last try to save. */
  error: Error | null;
  onChange: (draft: ConditionDraft) => void;
};

/** What an alert rule goes by. */
export function ConditionFields({ draft, error, onChange }: Props) {
  const { sort } = draft;
  const t = rulesText;
  const change = (part: Partial<ConditionDraft>) => onChange({ ...draft, ...part });
  const wrong = isAtPlace(error) ? error : null;
  return (
    <>
      <SelectField
        wide
        label={t.condition}
        hint={sortText[sort].says}
        options={SORTS.map((value) => ({ value, label: sortText[value].word }))}
        value={sort}
        onChange={(chosen) => onChange(resorted(draft, chosen))}
      />
      {sort === 'finding' && (
        <SelectField
          label={t.severity}
          options={FINDING_SEVERITIES.map((value) => ({ value, label: severityWord[value] }))}
          value={draft.severity}
          onChange={(severity) => change({ severity })}
        />
      )}
      {sort === 'drift' && (
        <>
          <SelectField
            label={t.level}
            options={LEVELS.map((value) => ({ value, label: levelText[value] }))}
            value={draft.level}
            onChange={(level) => change({ level })}
          />
          <SelectField
            label={t.stands}
            options={STANDS.map((value) => ({ value, label: standsText[value] }))}
            value={draft.state}
            onChange={(state) => change({ state })}
          />
        </>
      )}
      {Object.entries(draft.figures).map(([name, value]) => (
        <TextField
          key={name}
          label={figureText[name] ?? name}
          type="number"
          required
          min={1}
          value={value}
          onChange={(text) => change({ figures: { ...draft.figures, [name]: text } })}
        />
      ))}
      {sort === 'event' && <Codes value={draft.codes} onChange={(codes) => change({ codes })} />}
      {(sort === 'host_expression' || sort === 'event_expression') && (
        <div className="wide-field stack">
          <AreaField
            label={t.when}
            hint={sort === 'host_expression' ? t.whenHost : t.whenEvent}
            className="mono"
            required
            maxLength={4096}
            value={draft.when}
            aria-invalid={wrong ? true : undefined}
            onChange={(when) => change({ when })}
          />
          {wrong && <AtLine source={draft.when} message={wrong.message} />}
        </div>
      )}
    </>
  );
}

function Codes({ value, onChange }: { value: readonly string[]; onChange: (value: string[]) => void }) {
  const known = useQuery(telling.eventCodes()).data?.items ?? [];
  const t = rulesText;
  // A code that is named and not known stays, so that saving takes nothing away.
  const all = [
    ...known.map(({ code, says }) => ({ code, says })),
    ...value.filter((code) => !known.some((each) => each.code === code)).map((code) => ({ code, says: '' })),
  ];
  return (
    <fieldset className="wide-field">
      <legend>
        {t.codes} <span className="muted">({t.codesHint})</span>
      </legend>
      <div className="ticks">
        {all.map(({ code, says }) => (
          <CheckField
            key={code}
            label={
              <code className="mono" title={says}>
                {code}
              </code>
            }
            checked={value.includes(code)}
            onChange={(isIn) =>
              onChange(
                all.map((each) => each.code).filter((each) => (each === code ? isIn : value.includes(each))),
              )
            }
          />
        ))}
      </div>
    </fieldset>
  );
}
