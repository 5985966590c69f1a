import type { Permission } from '../../../api/people';
import { useMay } from '../../../lib/may';
import { aboutMeaning, about as aboutText, familyText, rolesText } from '../../../strings/en/govern/people';
import { CheckField } from '../../../ui/fields';
import { chosen, families } from './families';

type Props = {
  all: readonly Permission[];
  value: readonly string[];
  /** Left out where nothing is to be changed. */
  onChange?: (value: string[]) => void;
};

/** Permissions by family. Whoever chooses can choose only what they may do everywhere themselves. */
export function PermissionPicker({ all, value, onChange }: Props) {
  const may = useMay();
  return (
    <div className="permission-families">
      {families(all, ({ code }) => code).map(({ name, members }) => (
        <fieldset key={name}>
          <legend>{familyText(name)}</legend>
          {members.map((permission) => {
            const { code } = permission;
            const beyond = !may(code, true);
            // What cannot be changed is told, not offered.
            if (!onChange)
              return (
                <div key={code} className="told-field">
                  <code className="mono">{code}</code>
                  <small>
                    <Says permission={permission} />
                  </small>
                </div>
              );
            return (
              <CheckField
                key={code}
                label={<code className="mono">{code}</code>}
                hint={<Says permission={permission} why={beyond ? rolesText.beyond : undefined} />}
                checked={value.includes(code)}
                disabled={beyond}
                onChange={(isIn) => onChange(chosen(all, value, code, isIn))}
              />
            );
          })}
        </fieldset>
      ))}
    </div>
  );
}

function Says({ permission, why }: { permission: Permission; why?: string }) {
  const { says, about, needs_proof } = permission;
  return (
    <>
      {says} <span title={aboutMeaning[about]}>{aboutText[about]}.</span>
      {needs_proof && ` ${rolesText.proof}.`}
      {why && ` ${why}.`}
    </>
  );
}
