import { type ShortcutGroup, useShortcutGroups } from '../lib/keys';
import { useMay } from '../lib/may';
import { setPrefs, usePrefs } from '../lib/prefs';
import { shortcutWords as words } from '../strings/en/keys';
import { Button } from '../ui/Button';
import { Overlay } from '../ui/Dialog';
import { isOpen, PLACES } from './places';

/** Every key that does something here: everywhere, in lists, and on the page that is open. */
export function Shortcuts({ onClose }: { onClose: () => void }) {
  const { shortcuts } = usePrefs();
  const may = useMay();
  const pages = useShortcutGroups();
  const groups: ShortcutGroup[] = [
    ...pages,
    {
      title: words.everywhere,
      keys: [
        { key: 'Ctrl K', does: words.palette },
        { key: '/', does: words.search },
        { key: '?', does: words.list },
        { key: 'Esc', does: words.close },
        ...PLACES.filter((place) => place.key !== undefined && isOpen(place, may)).map(({ key, label }) => ({
          key: `g ${key}`,
          does: words.go(label),
        })),
      ],
    },
    {
      title: words.inGrids,
      keys: [
        { key: 'j', does: words.down },
        { key: 'k', does: words.up },
        { key: 'x', does: words.select },
        { key: 'Enter', does: words.open },
      ],
    },
  ];
  return (
    <Overlay opened label={words.title} onClose={onClose}>
      <div className="keys">
        <div className="keys-head">
          <h2 className="grow">{words.title}</h2>
          <Button data-autofocus onClick={onClose}>
            {words.closeDialog}
          </Button>
        </div>
        <label className="check">
          <input
            type="checkbox"
            checked={shortcuts === 'on'}
            onChange={({ target }) => setPrefs({ shortcuts: target.checked ? 'on' : 'off' })}
          />
          {words.turnedOn}
        </label>
        {shortcuts === 'off' && <p className="muted">{words.off}</p>}
        <div className="keys-groups">
          {groups.map((group) => (
            <div key={group.title} role="group" aria-label={group.title}>
              <h3>{group.title}</h3>
              <dl>
                {group.keys.map(({ key, does }) => (
                  <div key={key}>
                    <dt>
                      {key.split(' ').map((part) => (
                        <kbd key={part}>{part}</kbd>
                      ))}
                    </dt>
                    <dd>{does}</dd>
                  </div>
                ))}
              </dl>
            </div>
          ))}
        </div>
      </div>
    </Overlay>
  );
}
