import { useMay } from '../../lib/may';
import { setPrefs, usePrefs } from '../../lib/prefs';
import { isOpen, PLACES } from '../../shell/places';
import { keysText, profileText } from '../../strings/en/govern/account';
import { Card } from '../../ui/Card';
import { CheckField } from '../../ui/fields';

/** What keys do, and whether single ones do anything. */
export function KeysCard() {
  const may = useMay();
  const { shortcuts } = usePrefs();
  const t = keysText;
  const all: [string, string][] = [
    ['Ctrl K', t.palette],
    ['/', t.search],
    ['j k', t.move],
    ['Enter', t.open],
    ['Esc', t.close],
    ...PLACES.filter((place) => place.key && isOpen(place, may)).map(({ key, label }): [string, string] => [
      `g ${key}`,
      t.go(label),
    ]),
  ];
  return (
    <Card title={profileText.keys}>
      <CheckField
        label={profileText.keysOn}
        hint={profileText.keysHint}
        checked={shortcuts === 'on'}
        onChange={(on) => setPrefs({ shortcuts: on ? 'on' : 'off' })}
      />
      <dl className="pairs keys">
        {all.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
