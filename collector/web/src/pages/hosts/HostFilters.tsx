import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { queries } from '../../api/queries';
import { HOST_STATES, type HostFilterState, type HostsView } from '../../lib/search';
import type { Chip } from '../../parts/Chips';
import { Pick } from '../../parts/Pick';
import { hostState } from '../../strings/en';
import { hostsWords } from '../../strings/en/decide';
import { Button } from '../../ui/Button';
import { Search } from '../../ui/Search';

type Props = { view: HostsView; set: (part: Partial<HostsView>, replace?: boolean) => void };

export const stateWord = (state: HostFilterState): string =>
  state === 'clock_wrong' || state === 'maintenance' ? hostsWords.besides[state] : hostState[state].word;

/** A search, and what each host has to be. */
export function HostFilters({ view, set }: Props) {
  const groups = useQuery(queries.groups());
  return (
    <>
      <Search
        label="Search hosts"
        placeholder="Name, system, group or id"
        value={view.q ?? ''}
        onSearch={(q) => set({ q: q || undefined }, true)}
      />
      <Pick
        label={hostsWords.state}
        value={view.state}
        all={hostsWords.any}
        options={HOST_STATES.map((value) => ({ value, word: stateWord(value) }))}
        onChange={(state) => set({ state })}
      />
      <Pick
        label={hostsWords.group}
        value={view.group}
        all={hostsWords.any}
        options={(groups.data?.items ?? []).map(({ name, hosts }) => ({
          value: name,
          word: `${name} (${hosts.toLocaleString('en')})`,
        }))}
        onChange={(group) => set({ group })}
      />
      <LabelField
        onAdd={(label) => set({ label: [...labelsOf(view.label), label].join(',') })}
        has={labelsOf(view.label)}
      />
    </>
  );
}

export const labelsOf = (label: string | undefined): string[] => label?.split(',').filter(Boolean) ?? [];

function LabelField({ onAdd, has }: { onAdd: (label: string) => void; has: readonly string[] }) {
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const label = text.trim();
    const good = /^[A-Za-z0-9._\-/]{1,63}=[A-Za-z0-9._-]{0,63}$/.test(label);
    setWrong(!good && label !== '');
    if (!good) return;
    if (!has.includes(label)) onAdd(label);
    setText('');
  };
  return (
    <form className="label-field" onSubmit={submit}>
      <label className="select">
        <span>{hostsWords.label}</span>
        <input
          autoComplete="off"
          spellCheck={false}
          maxLength={127}
          placeholder={hostsWords.labelHint}
          aria-invalid={wrong || undefined}
          title={wrong ? hostsWords.wrongLabel : undefined}
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            setWrong(false);
          }}
        />
      </label>
      <Button type="submit">{hostsWords.addLabel}</Button>
      {wrong && (
        <span className="error" role="alert">
          {hostsWords.wrongLabel}
        </span>
      )}
    </form>
  );
}

/** What is filtered by, one chip each; labels one by one. */
export function chipsOf(view: HostsView, set: Props['set']): Chip[] {
  const { q, state, group, content, build } = view;
  const words: [keyof HostsView, string, string | undefined][] = [
    ['q', hostsWords.search, q],
    ['state', hostsWords.state, state && stateWord(state)],
    ['os', hostsWords.os, view.os],
    ['group', hostsWords.group, group],
    ['content', hostsWords.content, content && hostsWords.contentIs[content]],
    ['build', hostsWords.build, build && hostsWords.buildIs[build]],
  ];
  const labels = labelsOf(view.label);
  return [
    ...words.flatMap(([id, name, value]) =>
      value === undefined ? [] : [{ id, name, value, onRemove: () => set({ [id]: undefined }) }],
    ),
    ...labels.map((label) => ({
      id: `label ${label}`,
      name: hostsWords.label,
      value: label,
      onRemove: () => set({ label: labels.filter((each) => each !== label).join(',') || undefined }),
    })),
  ];
}
