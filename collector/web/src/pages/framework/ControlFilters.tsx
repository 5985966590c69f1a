import { getRouteApi } from '@tanstack/react-router';
import { framework as text } from '../../strings/en/catalogue';
import { Search } from '../../ui/Search';

const route = getRouteApi('/signed-in/frameworks/$key');

type Props = { levels: readonly string[]; shown: number; all: number };

/** Which controls are listed; all of it is in the address. */
export function ControlFilters({ levels, shown, all }: Props) {
  const { level, q, show } = route.useSearch();
  const setView = route.useNavigate();
  return (
    <header>
      <Search
        label={text.search}
        placeholder={text.placeholder}
        value={q ?? ''}
        onSearch={(typed) =>
          void setView({ search: (old) => ({ ...old, q: typed || undefined }), replace: true })
        }
        delay={120}
      />
      <span className="num muted grow nowrap" role="status">
        {shown.toLocaleString('en')} / {all.toLocaleString('en')}
      </span>
      {levels.length > 0 && (
        <label className="select">
          <span>{text.level}</span>
          <select
            value={level ?? ''}
            onChange={({ target }) =>
              void setView({ search: (old) => ({ ...old, level: target.value || undefined }) })
            }
          >
            <option value="">{text.allLevels}</option>
            {levels.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
      )}
      <label className="select">
        <span>{text.show}</span>
        <select
          value={show ?? ''}
          onChange={({ target }) =>
            void setView({
              search: (old) => ({
                ...old,
                show: target.value === 'covered' || target.value === 'open' ? target.value : undefined,
              }),
            })
          }
        >
          <option value="">{text.showAll}</option>
          <option value="covered">{text.showCovered}</option>
          <option value="open">{text.showOpen}</option>
        </select>
      </label>
    </header>
  );
}
