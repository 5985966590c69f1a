import { setPrefs, usePrefs } from '../../lib/prefs';
import { profileText } from '../../strings/en/govern/account';
import { Card } from '../../ui/Card';
import { SelectField } from '../../ui/fields';
import { useScheme } from '../../ui/kit';

/** What one prefers on this browser. */
export function DisplayCard() {
  const { scheme, setScheme } = useScheme();
  const { density, zone } = usePrefs();
  const t = profileText;
  return (
    <Card title={t.display}>
      <div className="form">
        <SelectField
          label={t.theme}
          options={[
            { value: 'auto', label: t.themeAuto },
            { value: 'light', label: t.themeLight },
            { value: 'dark', label: t.themeDark },
          ]}
          value={scheme}
          onChange={setScheme}
        />
        <SelectField
          label={t.density}
          options={[
            { value: 'comfortable', label: t.comfortable },
            { value: 'compact', label: t.compact },
          ]}
          value={density}
          onChange={(chosen) => setPrefs({ density: chosen })}
        />
        <SelectField
          label={t.zone}
          options={[
            { value: 'utc', label: t.utc },
            { value: 'local', label: t.local },
          ]}
          value={zone}
          onChange={(chosen) => setPrefs({ zone: chosen })}
        />
      </div>
    </Card>
  );
}
