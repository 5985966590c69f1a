import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Host } from '../../api/client';
import type { Filters } from '../../api/exports';
import { SelectionBar } from '../../parts/SelectionBar';
import { Export } from '../../parts/Views';
import { hostsWords, selection } from '../../strings/en/decide';
import { Button } from '../../ui/Button';

type Props = {
  hosts: readonly Host[];
  /** Every host that matches is chosen, those that are not loaded as well. */
  all: boolean;
  total: number;
  filters: Filters;
  onAll: () => void;
  onClear: () => void;
};

/** What can be done with hosts that are chosen. */
export function Chosen({ hosts, all, total, filters, onAll, onClear }: Props) {
  const [told, setTold] = useState('');
  const [a, b] = hosts;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(hosts.map(({ hostname }) => hostname).join('\n'));
      setTold(hostsWords.copied);
    } catch {
      setTold(hostsWords.notCopied);
    }
  };
  return (
    <SelectionBar
      count={all ? total : hosts.length}
      words={all ? hostsWords.allChosen(total) : selection.count(hosts.length)}
      onClear={onClear}
    >
      {!all && hosts.length < total && (
        <button type="button" className="linkish" onClick={onAll}>
          {hostsWords.selectAll(total)}
        </button>
      )}
      {all ? (
        <Export list="hosts" filters={filters} label={hostsWords.exportAll} />
      ) : (
        <Button onClick={() => void copy()}>{hostsWords.copy}</Button>
      )}
      {!all && a && b && hosts.length === 2 && (
        <Link className="btn" to="/compare" search={{ what: 'hosts', a: a.id, b: b.id }}>
          {hostsWords.compare}
        </Link>
      )}
      <span className="muted" role="status">
        {told}
      </span>
    </SelectionBar>
  );
}
