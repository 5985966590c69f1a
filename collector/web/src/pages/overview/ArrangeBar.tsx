import { PRESETS, type Preset, presetOf, setLayout, useLayout, type WidgetId } from '../../lib/layout';
import { presetName, overview as text, widgetName } from '../../strings/en/overview';
import { Button } from '../../ui/Button';

const NAMES = Object.keys(PRESETS) as Preset[];

/** Begins from a role's arrangement, and brings back what was hidden. */
export function ArrangeBar({ allowed }: { allowed: readonly WidgetId[] }) {
  const layout = useLayout();
  const preset = presetOf(layout);
  const hidden = allowed.filter((id) => layout.hidden.includes(id));
  return (
    <section className="card arrange" aria-label={text.arrange}>
      <label className="select">
        <span>{text.preset}</span>
        <select
          value={preset ?? ''}
          onChange={({ target }) => {
            const chosen = NAMES.find((name) => name === target.value);
            if (chosen) setLayout(PRESETS[chosen]);
          }}
        >
          {!preset && <option value="">{text.own}</option>}
          {NAMES.map((name) => (
            <option key={name} value={name}>
              {presetName[name]}
            </option>
          ))}
        </select>
      </label>
      {hidden.length > 0 && (
        <div className="actions start" role="group" aria-label={text.hidden}>
          {hidden.map((id) => (
            <Button
              key={id}
              onClick={() => setLayout({ ...layout, hidden: layout.hidden.filter((each) => each !== id) })}
            >
              {text.show(widgetName[id])}
            </Button>
          ))}
        </div>
      )}
    </section>
  );
}
