import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { catalogue, type Profile, type Rule } from '../../api/catalogue';
import { SEVERITIES } from '../../lib/search';
import { severityWord } from '../../strings/en';
import { rules as text } from '../../strings/en/catalogue';
import { Button } from '../../ui/Button';

const route = getRouteApi('/signed-in/rules');

type Props = { found: readonly Rule[]; profiles: readonly Profile[] };

/** Which rules are listed; all of it is in the address. */
export function RuleFilters({ found, profiles }: Props) {
  const view = route.useSearch();
  const setView = route.useNavigate();
  const frameworks = useQuery(catalogue.frameworks());
  type Change = Partial<Pick<typeof view, 'severity' | 'category' | 'framework' | 'profile'>>;
  const filter = (change: Change) => void setView({ search: (old) => ({ ...old, ...change }) });
  const categories = [
    ...new Set([...(view.category ? [view.category] : []), ...found.map((rule) => rule.category)]),
  ];
  const { q, severity, category, framework, profile } = view;
  return (
    <>
      <label className="select">
        <span>{text.severity}</span>
        <select
          value={severity ?? ''}
          onChange={({ target }) => filter({ severity: SEVERITIES.find((level) => level === target.value) })}
        >
          <option value="">{text.any}</option>
          {SEVERITIES.toReversed().map((level) => (
            <option key={level} value={level}>
              {severityWord[level]}
            </option>
          ))}
        </select>
      </label>
      <Choice
        label={text.category}
        value={category}
        options={categories.sort()}
        onChange={(next) => filter({ category: next })}
      />
      <Choice
        label={text.framework}
        value={framework}
        options={frameworks.data?.items.map(({ key }) => key) ?? []}
        onChange={(next) => filter({ framework: next })}
      />
      <Choice
        label={text.profile}
        value={profile}
        options={profiles.map(({ key }) => key)}
        onChange={(next) => filter({ profile: next })}
      />
      {(q || severity || category || framework || profile) && (
        <Button look="ghost" onClick={() => void setView({ search: {} })}>
          {text.clear}
        </Button>
      )}
    </>
  );
}

type ChoiceProps = {
  label: string;
  value: string | undefined;
  options: readonly string[];
  onChange: (value: string | undefined) => void;
};

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <label className="select">
      <span>{label}</span>
      <select value={value ?? ''} onChange={({ target }) => onChange(target.value || undefined)}>
        <option value="">{text.any}</option>
        {value && !options.includes(value) && <option value={value}>{value}</option>}
        {options.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </label>
  );
}
