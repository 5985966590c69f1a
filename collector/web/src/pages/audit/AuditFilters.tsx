import { usePrefs } from '../../lib/prefs';
import { type AuditView, OUTCOMES, STREAMS } from '../../lib/search/govern';
import { stamp } from '../../lib/time';
import { auditText, outcomeWord, streamWord } from '../../strings/en/govern/audit';
import { listText } from '../../strings/en/govern/common';
import { Button } from '../../ui/Button';
import { Chips } from '../../ui/Chips';
import { FilterText } from '../../ui/FilterText';
import { FilterSelect } from '../../ui/fields';
import { InstantField } from '../../ui/InstantField';
import { Search } from '../../ui/Search';

type Filter = Exclude<keyof AuditView, 'q'>;
type Props = { view: AuditView; onChange: (change: Partial<AuditView>) => void };

const NAMES: Record<Filter, string> = {
  actor: auditText.actor,
  action: auditText.action,
  outcome: auditText.outcome,
  target_kind: auditText.targetKind,
  target: auditText.targetId,
  address: auditText.address,
  stream: auditText.stream,
  from: auditText.from,
  to: auditText.to,
};
const FILTERS = Object.keys(NAMES) as Filter[];
const NOTHING: AuditView = Object.fromEntries([...FILTERS, 'q'].map((name) => [name, undefined]));

export const isFiltered = (view: AuditView): boolean =>
  view.q !== undefined || FILTERS.some((name) => view[name] !== undefined);

/** What of the log is shown. Each filter is in the URL, and can be taken away by itself. */
export function AuditFilters({ view, onChange }: Props) {
  const { zone } = usePrefs();
  const t = auditText;
  const shown = (name: Filter): string => {
    const value = view[name] ?? '';
    return name === 'from' || name === 'to' ? stamp(value, zone) : value;
  };
  const active = FILTERS.filter((name) => view[name] !== undefined);
  return (
    <div className="body stack filters" role="search" aria-label={t.filters}>
      <div className="filter-line">
        <Search
          label={t.search}
          placeholder={t.searchHint}
          value={view.q ?? ''}
          onSearch={(q) => onChange({ q: q || undefined })}
        />
        <FilterSelect
          label={t.outcome}
          value={view.outcome ?? ''}
          options={[
            { value: '', label: t.all },
            ...OUTCOMES.map((value) => ({ value, label: outcomeWord[value] ?? value })),
          ]}
          onChange={(chosen) => onChange({ outcome: OUTCOMES.find((known) => known === chosen) })}
        />
        <FilterSelect
          label={t.stream}
          value={view.stream ?? ''}
          options={[
            { value: '', label: t.all },
            ...STREAMS.map((value) => ({ value, label: streamWord[value] ?? value })),
          ]}
          onChange={(chosen) => onChange({ stream: STREAMS.find((known) => known === chosen) })}
        />
        <InstantField label={t.from} value={view.from} onChange={(from) => onChange({ from })} />
        <InstantField label={t.to} value={view.to} onChange={(to) => onChange({ to })} />
      </div>
      <div className="form narrow-form">
        <FilterText label={t.actor} value={view.actor} onChange={(actor) => onChange({ actor })} />
        <FilterText
          label={t.action}
          placeholder={t.actionHint}
          value={view.action}
          onChange={(action) => onChange({ action })}
        />
        <FilterText
          label={t.targetKind}
          value={view.target_kind}
          onChange={(target_kind) => onChange({ target_kind })}
        />
        <FilterText label={t.targetId} value={view.target} onChange={(target) => onChange({ target })} />
        <FilterText label={t.address} value={view.address} onChange={(address) => onChange({ address })} />
      </div>
      {active.length > 0 && (
        <div className="filter-line">
          <Chips
            label={t.active}
            items={active.map((name) => ({
              id: name,
              name: `${NAMES[name]}: ${shown(name)}`,
              remove: t.remove(NAMES[name]),
            }))}
            onRemove={(name) => onChange({ [name]: undefined })}
          />
          <Button look="ghost" onClick={() => onChange(NOTHING)}>
            {listText.clear}
          </Button>
        </div>
      )}
    </div>
  );
}
