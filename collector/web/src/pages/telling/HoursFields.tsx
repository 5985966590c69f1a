import type { Hours } from '../../api/telling';
import { ZONES } from '../../lib/zones';
import { weekdays } from '../../strings/en';
import { routesText } from '../../strings/en/govern/channels';
import { CheckField, SelectField, TextField } from '../../ui/fields';
import { fromClock, toClock } from '../notifications/choices';

type Props = { value: Hours; onChange: (value: Hours) => void };

/** Days of the week and hours of them, by the clocks of a time zone. */
export function HoursFields({ value, onChange }: Props) {
  const t = routesText;
  const zones = ZONES.includes(value.time_zone) ? ZONES : [value.time_zone, ...ZONES];
  const clock = (text: string, take: (minute: number) => void) => {
    const minute = fromClock(text);
    if (minute !== null) take(minute);
  };
  return (
    <div className="hours stack">
      <fieldset>
        <legend>{t.days}</legend>
        <div className="ticks">
          {weekdays.map((name, place) => (
            <CheckField
              key={name}
              label={name}
              checked={value.weekdays.includes(place + 1)}
              onChange={(isIn) =>
                onChange({
                  ...value,
                  weekdays: [1, 2, 3, 4, 5, 6, 7].filter((day) =>
                    day === place + 1 ? isIn : value.weekdays.includes(day),
                  ),
                })
              }
            />
          ))}
        </div>
      </fieldset>
      <div className="form narrow-form">
        <TextField
          label={t.from}
          type="time"
          required
          value={toClock(value.from_minute)}
          onChange={(text) => clock(text, (from_minute) => onChange({ ...value, from_minute }))}
        />
        <TextField
          label={t.to}
          type="time"
          required
          value={toClock(value.to_minute)}
          // Midnight ends a day.
          onChange={(text) => clock(text, (minute) => onChange({ ...value, to_minute: minute || 1_440 }))}
        />
        <SelectField
          label={t.zone}
          options={zones.map((zone) => ({ value: zone, label: zone }))}
          value={value.time_zone}
          onChange={(time_zone) => onChange({ ...value, time_zone })}
        />
      </div>
    </div>
  );
}
