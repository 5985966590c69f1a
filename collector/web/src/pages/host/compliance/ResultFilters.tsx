import { getRouteApi, Link } from '@tanstack/react-router';
import type { HostLens } from '../../../api/posture';
import { SEVERITIES } from '../../../lib/search';
import { STATUSES } from '../../../lib/search/posture';
import { severityWord } from '../../../strings/en';
import { compliance as text } from '../../../strings/en/compliance';
import { statusText } from '../../../strings/en/verdict';
import { Button } from '../../../ui/Button';

const route = getRouteApi('/signed-in/hosts/$id');

type Props = { id: string; counts: Record<string, number> | null; lenses: readonly HostLens[] };

/** Which results are listed; all of it is in the address. */
export function ResultFilters({ id, counts, lenses }: Props) {
  const { status = 'fail', framework, profile, severity } = route.useSearch();
  const setView = route.useNavigate();
  const all = counts && Object.values(counts).reduce((sum, count) => sum + count, 0);
  const lens = framework ? `framework ${framework}` : profile ? `profile ${profile}` : '';
  const chosen = ([...STATUSES, 'all'] as const).filter(
    (each) => each === status || each === 'all' || each === 'fail' || (counts?.[each] ?? 0) > 0,
  );
  const setLens = (value: string) => {
    const [sort, key] = value.split(' ');
    void setView({
      search: (old) => ({
        ...old,
        framework: sort === 'framework' ? key : undefined,
        profile: sort === 'profile' ? key : undefined,
      }),
    });
  };
  // A link may name a lens through which nothing of this host is known.
  const options = lenses.filter((each) => each.sort !== 'all').map((each) => `${each.sort} ${each.key}`);
  if (lens && !options.includes(lens)) options.unshift(lens);

  return (
    <header>
      <nav className="segments" aria-label={text.verdict}>
        {chosen.map((each) => (
          <Link
            key={each}
            from="/hosts/$id"
            to="/hosts/$id"
            params={{ id }}
            search={(old) => ({ ...old, status: each === 'fail' ? undefined : each })}
            aria-current={each === status ? 'true' : undefined}
            data-active={each === status || undefined}
          >
            {each === 'all' ? text.all : statusText[each].word}
            {counts && (
              <span className="count num">
                {(each === 'all' ? all : (counts[each] ?? 0))?.toLocaleString('en')}
              </span>
            )}
          </Link>
        ))}
      </nav>
      <span className="grow" />
      <label className="select">
        <span>{text.lens}</span>
        <select value={lens} onChange={({ target }) => setLens(target.value)}>
          <option value="">{text.allRules}</option>
          {options.map((option) => (
            <option key={option} value={option}>
              {option.split(' ')[1]}
            </option>
          ))}
        </select>
      </label>
      <label className="select">
        <span>{text.severity}</span>
        <select
          value={severity ?? ''}
          onChange={({ target }) =>
            void setView({
              search: (old) => ({ ...old, severity: SEVERITIES.find((level) => level === target.value) }),
            })
          }
        >
          <option value="">{text.anySeverity}</option>
          {SEVERITIES.toReversed().map((level) => (
            <option key={level} value={level}>
              {severityWord[level]}
            </option>
          ))}
        </select>
      </label>
      {(lens || severity) && (
        <Button
          look="ghost"
          onClick={() =>
            void setView({
              search: (old) => ({ ...old, framework: undefined, profile: undefined, severity: undefined }),
            })
          }
        >
          {text.clear}
        </Button>
      )}
    </header>
  );
}
