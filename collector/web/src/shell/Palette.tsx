import { IconSearch, IconServer2, IconSettings } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useState } from 'react';
import { queries } from '../api/queries';
import { useMay } from '../lib/may';
import { hostState } from '../strings/en';
import { settingsText } from '../strings/en/govern/settings';
import { Overlay } from '../ui/Dialog';
import { isOpen, PLACES } from './places';
import { SETTINGS_PAGES } from './settings';

type Item = { id: string; label: string; hint: string; icon: typeof IconServer2; go: () => void };

const FOUND = 8;

/** Ctrl K: a few letters of a host's name and Enter. The first result is chosen already. */
export function Palette({ onClose }: { onClose: () => void }) {
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState(0);
  const items = useItems(query.trim());
  const current = Math.min(chosen, items.length - 1);

  const run = (item: Item | undefined) => {
    if (!item) return;
    onClose();
    item.go();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && items.length > 0) {
      event.preventDefault();
      setChosen((current + step + items.length) % items.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(items[current]);
    }
  };

  return (
    <Overlay opened label="Search hosts and pages" onClose={onClose}>
      <div className="palette-input">
        <IconSearch size={18} aria-hidden />
        <input
          data-autofocus
          role="combobox"
          aria-label="Search hosts and pages"
          aria-expanded={items.length > 0}
          aria-controls="palette-list"
          aria-autocomplete="list"
          aria-activedescendant={items[current] && `palette-${current}`}
          autoComplete="off"
          spellCheck={false}
          placeholder="Host name, operating system, group or id"
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
        />
        <kbd aria-hidden="true">Esc</kbd>
      </div>
      <ul className="palette" id="palette-list" role="listbox" aria-label="Results">
        {items.map((item, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox above has the keys
          <li
            key={item.id}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === current}
            onClick={() => run(item)}
            onMouseMove={() => setChosen(index)}
          >
            <item.icon size={17} aria-hidden />
            <span className="clip">{item.label}</span>
            <span className="muted clip">{item.hint}</span>
          </li>
        ))}
      </ul>
      {items.length === 0 && (
        <p className="palette-none" role="status">
          No host and no page matches.
        </p>
      )}
    </Overlay>
  );
}

function useItems(query: string): Item[] {
  const navigate = useNavigate();
  const may = useMay();
  const found = useQuery({ ...queries.hostsNamed(query, FOUND), enabled: query.length > 0 });
  const hosts = query.length > 0 ? (found.data?.items ?? []) : [];
  const pages: Item[] = PLACES.filter((place) => isOpen(place, may)).map(({ to, label, icon, key }) => ({
    id: to,
    label,
    hint: key ? `g ${key}` : '',
    icon,
    go: () => void navigate({ to }),
  }));
  const settings: Item[] = SETTINGS_PAGES.filter(({ permission }) => may(permission)).map(
    ({ to, label }) => ({
      id: to,
      label,
      hint: settingsText.title,
      icon: IconSettings,
      go: () => void navigate({ to }),
    }),
  );
  return [
    ...hosts.map((host) => ({
      id: host.id,
      label: host.hostname,
      hint: [hostState[host.state].word, host.os_name, host.group].filter(Boolean).join(' · '),
      icon: IconServer2,
      go: () => void navigate({ to: '/hosts/$id', params: { id: host.id } }),
    })),
    ...[...pages, ...settings].filter((page) => page.label.toLowerCase().includes(query.toLowerCase())),
  ];
}
