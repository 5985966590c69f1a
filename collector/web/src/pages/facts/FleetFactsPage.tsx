import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { toFilters } from '../../api/exports';
import { fleetFacts, valueFilters } from '../../api/fleet-facts';
import { useAt } from '../../lib/at';
import { mainField } from '../../lib/facts';
import { type Chip, Chips } from '../../parts/Chips';
import { Listing } from '../../parts/Listing';
import { Views } from '../../parts/Views';
import { KINDS, kindName } from '../../strings/en';
import { fleetFacts as words } from '../../strings/en/decide';
import { FilterText } from '../../ui/FilterText';
import { Banner } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Search } from '../../ui/Search';
import { Stamp } from '../../ui/Time';
import { Distribution } from './Distribution';
import { HostsWithIt } from './HostsWithIt';
import { factsSearch, without } from './toSearch';

const route = getRouteApi('/signed-in/facts');
const FIRST_KIND = 'package';

/** Who of the fleet has something, in which versions, now or at an instant. */
export function FleetFactsPage() {
  const { kind = FIRST_KIND, key, where, below } = route.useSearch();
  const at = useAt();
  const setView = route.useNavigate();
  const list = useInfiniteQuery(fleetFacts({ kind, key, where, below, at }));
  const first = list.data?.pages[0];
  const field = mainField(kind);
  const setBelow = (version?: string) => void setView({ search: (old) => ({ ...old, below: version }) });
  const clear = () =>
    void setView({ search: (old) => ({ ...old, key: undefined, where: undefined, below: undefined }) });
  const chips: Chip[] = [...new URLSearchParams(where)].map(([name, value]) => ({
    id: name,
    name,
    value,
    onRemove: () => void setView({ search: (old) => ({ ...old, where: without(where, name) }) }),
  }));
  if (below) chips.push({ id: 'below', name: words.below, value: below, onRemove: () => setBelow() });
  const kinds = KINDS.includes(kind) ? KINDS : [kind, ...KINDS];

  return (
    <Page
      title={words.title}
      sub={
        <span className="num" role="status">
          {first?.hosts == null ? words.sub : words.found(first.hosts)}
        </span>
      }
      actions={
        <Views
          list="facts"
          filters={toFilters({ kind, key, at, ...valueFilters({ where, below }) })}
          onApply={(filters) => void setView({ search: () => factsSearch(filters) })}
        />
      }
    >
      {at && (
        <Banner tone="warn">
          {words.past} <Stamp at={at} />
        </Banner>
      )}
      <section className="card" aria-label={words.title}>
        <header>
          <label className="select">
            <span>{words.kind}</span>
            <select
              value={kind}
              onChange={({ target }) =>
                void setView({
                  search: (old) => ({
                    ...old,
                    kind: target.value === FIRST_KIND ? undefined : target.value,
                    key: undefined,
                    where: undefined,
                    below: undefined,
                  }),
                })
              }
            >
              {kinds.map((each) => (
                <option key={each} value={each}>
                  {kindName(each)}
                </option>
              ))}
            </select>
          </label>
          <Search
            label={words.search}
            placeholder={words.placeholder}
            value={key ?? ''}
            onSearch={(text) =>
              void setView({ search: (old) => ({ ...old, key: text || undefined }), replace: true })
            }
          />
          {kind === FIRST_KIND && (
            <FilterText
              label={words.below}
              placeholder={words.belowPlaceholder}
              value={below}
              onChange={setBelow}
            />
          )}
          <span className="muted">{words.keyHint}</span>
          <Chips chips={chips} onClear={clear} />
        </header>
        <Listing
          list={list}
          words={words.words}
          filtered={key !== undefined || where !== undefined || below !== undefined}
          onClear={clear}
        >
          {(facts) => (
            <>
              {first?.values && (
                <Distribution
                  values={first.values}
                  field={field}
                  onOnly={(only) =>
                    void setView({ search: (old) => ({ ...old, key: only.key, where: only.where }) })
                  }
                />
              )}
              <HostsWithIt facts={facts} kind={kind} />
            </>
          )}
        </Listing>
      </section>
    </Page>
  );
}
