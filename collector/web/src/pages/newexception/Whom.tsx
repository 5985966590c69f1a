import { useMay } from '../../lib/may';
import { GroupPicker, HostPicker } from '../../parts/pickers';
import { newException } from '../../strings/en/decide';
import { Card } from '../../ui/Card';
import type { FormPart } from './NewExceptionPage';

const SCOPES = ['host', 'group', 'fleet'] as const;

/** Whom it is for. The fleet is for those alone who may ask for every host. */
export function Whom({ draft, change, error }: FormPart) {
  const everywhere = useMay()('waivers.request', true);
  return (
    <Card title={newException.whom}>
      <fieldset className="choices" aria-label={newException.whom}>
        {SCOPES.map((scope) => (
          <label key={scope} className="check">
            <input
              type="radio"
              name="scope"
              checked={draft.scope === scope}
              disabled={scope === 'fleet' && !everywhere}
              onChange={() => change({ scope })}
            />
            {newException.scopes[scope]}
          </label>
        ))}
      </fieldset>
      {!everywhere && <p className="muted">{newException.fleetMayNot}</p>}
      {draft.scope === 'host' && (
        <HostPicker
          label={newException.host}
          value={draft.host}
          onChange={(host) => change({ host })}
          error={error('host')}
        />
      )}
      {draft.scope === 'group' && (
        <GroupPicker
          label={newException.group}
          hint={newException.groupNote}
          value={draft.group}
          onChange={(group) => change({ group })}
          error={error('group')}
        />
      )}
      {draft.scope === 'fleet' && <p className="muted">{newException.fleetNote}</p>}
    </Card>
  );
}
