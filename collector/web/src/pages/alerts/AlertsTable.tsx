import { Link } from '@tanstack/react-router';
import type { RefObject } from 'react';
import type { Alert } from '../../api/client';
import { alertTypeText, plural } from '../../strings/en';
import { selection } from '../../strings/en/decide';
import { Severity } from '../../ui/Severity';
import { AlertStatus } from '../../ui/Status';
import { Ago } from '../../ui/Time';

type Props = {
  box: RefObject<HTMLElement | null>;
  alerts: readonly Alert[];
  chosen: ReadonlySet<string>;
  onToggle: (id: string) => void;
  onAll: (on: boolean) => void;
};

/** Alerts, each with a box to choose it. */
export function AlertsTable({ box, alerts, chosen, onToggle, onAll }: Props) {
  return (
    <section ref={box} className="scroll" aria-label="List of alerts" tabIndex={0}>
      <table className="plain">
        <thead>
          <tr>
            <th className="box">
              <input
                type="checkbox"
                aria-label={selection.all}
                checked={alerts.length > 0 && chosen.size === alerts.length}
                onChange={({ target }) => onAll(target.checked)}
              />
            </th>
            <th>Alert</th>
            <th>Severity</th>
            <th>State</th>
            <th>About</th>
            <th>Assigned to</th>
            <th>Since</th>
          </tr>
        </thead>
        <tbody>
          {alerts.map((alert) => (
            <Row key={alert.id} alert={alert} chosen={chosen.has(alert.id)} onToggle={onToggle} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

type RowProps = { alert: Alert; chosen: boolean; onToggle: (id: string) => void };

function Row({ alert, chosen, onToggle }: RowProps) {
  return (
    <tr data-row={alert.id} data-chosen={chosen || undefined}>
      <td className="box">
        <input
          type="checkbox"
          aria-label={selection.select(alert.title)}
          checked={chosen}
          onChange={() => onToggle(alert.id)}
        />
      </td>
      <td className="subject">
        <Link className="name" to="/alerts/$id" params={{ id: alert.id }}>
          {alert.title}
        </Link>
        <div className="muted nowrap">{alertTypeText(alert.alert_type)}</div>
      </td>
      <td>
        <Severity level={alert.severity} />
      </td>
      <td>
        <AlertStatus state={alert.state} />
      </td>
      <td className="nowrap num">{plural(alert.subjects, 'subject')}</td>
      <td className="nowrap">{alert.assignee ?? <span className="muted">–</span>}</td>
      <td>
        <Ago at={alert.opened_at} />
      </td>
    </tr>
  );
}
