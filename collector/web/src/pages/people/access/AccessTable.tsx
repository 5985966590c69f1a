import { Link } from '@tanstack/react-router';
import type { BindingReason, ExplainedPermission } from '../../../api/people';
import { accessText, bindingWhy, familyText } from '../../../strings/en/govern/people';
import { Status } from '../../../ui/Status';
import { families } from '../roles/families';

/** Each permission with its answer, and the bindings that give it or do not. */
export function AccessTable({ permissions }: { permissions: readonly ExplainedPermission[] }) {
  const t = accessText;
  return (
    <section className="scroll" aria-label={t.table} tabIndex={0}>
      <table className="plain top-cells">
        <thead>
          <tr>
            <th>{t.permission}</th>
            <th>{t.answer}</th>
            <th>{t.through}</th>
          </tr>
        </thead>
        {families(permissions, ({ permission }) => permission).map(({ name, members }) => (
          <tbody key={name}>
            <tr className="family">
              <th colSpan={3} scope="rowgroup">
                {familyText(name)}
              </th>
            </tr>
            {members.map(({ permission, says, allowed, because }) => (
              <tr key={permission}>
                <td>
                  <code className="mono">{permission}</code>
                  <div className="muted">{says}</div>
                </td>
                <td>
                  <Status tone={allowed ? 'pass' : 'unknown'} word={allowed ? t.allowed : t.denied} />
                </td>
                <td>
                  {because.length === 0 ? (
                    <span className="muted">{t.noBinding}</span>
                  ) : (
                    <ul className="reasons">
                      {because.map((reason) => (
                        <Reason key={reason.binding} reason={reason} />
                      ))}
                    </ul>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </section>
  );
}

function Reason({ reason }: { reason: BindingReason }) {
  return (
    <li data-gives={reason.gives || undefined}>
      <span aria-hidden="true">{reason.gives ? '+' : '−'}</span>{' '}
      <Link to="/settings/roles/$name" params={{ name: reason.role }}>
        {accessText.in(reason.role, reason.group?.name)}
      </Link>
      : {bindingWhy[reason.why]}
    </li>
  );
}
