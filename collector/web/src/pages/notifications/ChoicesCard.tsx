import { useState } from 'react';
import type { NotificationChoice, Severity } from '../../api/client';
import { SEVERITIES } from '../../lib/search';
import { alertTypeText, byMail, severityWord } from '../../strings/en';
import { Card } from '../../ui/Card';
import { ALERT_TYPES, choose, severitiesOf, wishes } from './choices';

type Props = { choices: NotificationChoice[]; onChange: (choices: NotificationChoice[]) => void };

/** What is wanted of each type: of all severities at once, or of one. */
export function ChoicesCard({ choices, onChange }: Props) {
  const [severity, setSeverity] = useState<Severity | 'all'>('all');
  const severities = severitiesOf(severity);
  return (
    <Card
      title="What you are told"
      aside={
        <label className="select">
          <span>When it is</span>
          <select
            value={severity}
            onChange={({ target }) =>
              setSeverity(SEVERITIES.find((known) => known === target.value) ?? 'all')
            }
          >
            <option value="all">Of any severity</option>
            {SEVERITIES.toReversed().map((known) => (
              <option key={known} value={known}>
                {severityWord[known]}
              </option>
            ))}
          </select>
        </label>
      }
      flush
    >
      <section className="scroll" aria-label="Types of alerts" tabIndex={0}>
        <table className="plain">
          <thead>
            <tr>
              <th>Type</th>
              <th>In the console</th>
              <th>E-mail</th>
            </tr>
          </thead>
          <tbody>
            {ALERT_TYPES.map((type) => {
              const { in_app, email } = wishes(choices, type, severities);
              const name = alertTypeText(type);
              return (
                <tr key={type}>
                  <td>{name}</td>
                  <td>
                    <label className="check">
                      <input
                        type="checkbox"
                        aria-label={`${name}: in the console`}
                        checked={in_app ?? false}
                        ref={(box) => {
                          if (box) box.indeterminate = in_app === null;
                        }}
                        onChange={({ target }) =>
                          onChange(choose(choices, type, severities, { in_app: target.checked }))
                        }
                      />
                      {in_app === null && <span className="muted">Some</span>}
                    </label>
                  </td>
                  <td>
                    <select
                      aria-label={`${name}: e-mail`}
                      value={email ?? ''}
                      onChange={({ target }) => {
                        const chosen = byMail.find(({ value }) => value === target.value);
                        if (chosen) onChange(choose(choices, type, severities, { email: chosen.value }));
                      }}
                    >
                      {email === null && <option value="">Differs by severity</option>}
                      {byMail.map(({ value, word }) => (
                        <option key={value} value={value}>
                          {word}
                        </option>
                      ))}
                    </select>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    </Card>
  );
}
