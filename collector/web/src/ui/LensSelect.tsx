import { useQuery } from '@tanstack/react-query';
import { catalogue } from '../api/catalogue';

export type ChosenLens = { framework?: string; profile?: string };
type Props = {
  label: string;
  none: string;
  value: ChosenLens;
  onChange: (lens: ChosenLens) => void;
};

/** Chooses through which framework or profile hosts are looked at. */
export function LensSelect({ label, none, value, onChange }: Props) {
  const frameworks = useQuery(catalogue.frameworks());
  const profiles = useQuery(catalogue.profiles());
  const chosen = value.framework
    ? `framework ${value.framework}`
    : value.profile
      ? `profile ${value.profile}`
      : '';
  const options = [
    ...(frameworks.data?.items.map(({ key }) => ({ id: `framework ${key}`, name: key })) ?? []),
    ...(profiles.data?.items.map(({ key, title }) => ({ id: `profile ${key}`, name: title })) ?? []),
  ];
  // A link may name what this collector has not.
  if (chosen && !options.some(({ id }) => id === chosen))
    options.unshift({ id: chosen, name: chosen.slice(chosen.indexOf(' ') + 1) });
  return (
    <label className="select">
      <span>{label}</span>
      <select
        value={chosen}
        onChange={({ target }) => {
          const [sort, key] = target.value.split(' ');
          onChange({
            framework: sort === 'framework' ? key : undefined,
            profile: sort === 'profile' ? key : undefined,
          });
        }}
      >
        <option value="">{none}</option>
        {options.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
