import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { catalogue } from '../../api/catalogue';
import type { WholeWaiver } from '../../api/waivers';
import { Table } from '../../parts/Listing';
import { HostLink } from '../../parts/names';
import { exception } from '../../strings/en/decide';
import { Card, Pair } from '../../ui/Card';
import { Empty } from '../../ui/Notice';

const SHOWN = 8;

/** Whom and what the exception is for, and what of it fails now. */
export function About({ waiver }: { waiver: WholeWaiver }) {
  const { affects } = waiver;
  return (
    <>
      <Card
        title={exception.about}
        aside={<span className="muted num">{exception.affects(affects.failing_hosts, affects.hosts)}</span>}
      >
        <dl className="pairs">
          <Pair name={exception.scope[waiver.scope]}>
            {waiver.scope === 'host' && waiver.scope_id !== null ? (
              <HostLink id={waiver.scope_id} name={waiver.scope_name} />
            ) : (
              waiver.scope_name || exception.whole
            )}
          </Pair>
          {waiver.rule === null ? (
            <>
              <Pair name={exception.control}>
                {waiver.control} <span className="muted">{waiver.framework}</span>
              </Pair>
              <Pair name={exception.rulesOf}>
                <Rules rules={waiver.rules} />
              </Pair>
            </>
          ) : (
            <Pair name={exception.rule}>
              <RuleName id={waiver.rule} />
            </Pair>
          )}
        </dl>
      </Card>
      <Card title={exception.failing} flush>
        {affects.results.length === 0 ? (
          <Empty title={exception.nothingFails}>{exception.nothingFailsWhy}</Empty>
        ) : (
          <Table label={exception.failing} head={exception.failingHead}>
            {affects.results.map(({ host, rule, profile }) => (
              <tr key={`${host.id} ${rule} ${profile}`}>
                <td>
                  <HostLink id={host.id} name={host.hostname} />
                </td>
                <td>
                  <code className="mono">{rule}</code>
                  {profile !== null && <div className="muted">{profile}</div>}
                </td>
              </tr>
            ))}
          </Table>
        )}
        {affects.results.length < affects.results_total && (
          <p className="more muted">{exception.failingSome(affects.results.length, affects.results_total)}</p>
        )}
      </Card>
    </>
  );
}

function RuleName({ id }: { id: string }) {
  const rule = useQuery(catalogue.rule(id));
  return (
    <>
      <code className="mono">{id}</code>
      {rule.data && <div className="muted">{rule.data.title}</div>}
    </>
  );
}

function Rules({ rules }: { rules: readonly string[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? rules : rules.slice(0, SHOWN);
  return (
    <>
      <ul>
        {shown.map((rule) => (
          <li key={rule}>
            <code className="mono">{rule}</code>
          </li>
        ))}
      </ul>
      {shown.length < rules.length && (
        <button type="button" className="linkish" onClick={() => setAll(true)}>
          {exception.rulesMore(rules.length)}
        </button>
      )}
    </>
  );
}
