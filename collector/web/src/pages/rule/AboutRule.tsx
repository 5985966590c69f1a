import { Link } from '@tanstack/react-router';
import type { RuleDetail } from '../../api/catalogue';
import { rule as text } from '../../strings/en/catalogue';
import { Card, Pair } from '../../ui/Card';

/** What the rule says, and what it is for. */
export function AboutRule({ rule }: { rule: RuleDetail }) {
  const variables = Object.entries(rule.variables);
  return (
    <div className="stack wide-gaps">
      <Card title={text.why}>
        <p className="prose">{rule.why}</p>
      </Card>
      <Card title={text.about}>
        <dl className="pairs">
          <Pair name={text.hash}>
            <code className="mono" title={text.hashHint}>
              {rule.hash}
            </code>
          </Pair>
          {rule.subjects.length > 0 && (
            <Pair name={text.subjects}>
              <code className="mono">{rule.subjects.join(', ')}</code>
            </Pair>
          )}
          {Object.entries(rule.controls).map(([framework, controls]) => (
            <Pair key={framework} name={framework}>
              {controls.map((control, index) => (
                <span key={control}>
                  {index > 0 && ', '}
                  <Link to="/frameworks/$key" params={{ key: framework }} search={{ q: control }}>
                    {control}
                  </Link>
                </span>
              ))}
            </Pair>
          ))}
        </dl>
      </Card>
      {variables.length > 0 && (
        <Card title={text.variables} flush>
          <section className="scroll" aria-label={text.variableTable} tabIndex={0}>
            <table className="plain">
              <thead>
                <tr>
                  <th>{text.variable}</th>
                  <th>{text.type}</th>
                  <th>{text.byDefault}</th>
                </tr>
              </thead>
              <tbody>
                {variables.map(([name, variable]) => (
                  <tr key={name}>
                    <td>
                      <code className="mono">{name}</code>
                      <div className="why">{variable.about}</div>
                    </td>
                    <td>{variable.type}</td>
                    <td>
                      {variable.default === null || variable.default === undefined ? (
                        <span className="muted">{text.none}</span>
                      ) : (
                        <code className="mono">{JSON.stringify(variable.default)}</code>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        </Card>
      )}
      <Card title={text.source}>
        <section className="scroll" aria-label={text.sourceText} tabIndex={0}>
          <pre className="source">{rule.source}</pre>
        </section>
      </Card>
    </div>
  );
}
