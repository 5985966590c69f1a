import { Link } from '@tanstack/react-router';
import type { FleetFact } from '../../api/fleet-facts';
import { fields, mainField, type Value } from '../../lib/facts';
import { Table } from '../../parts/Listing';
import { fleetFacts as words } from '../../strings/en/decide';
import { Ago } from '../../ui/Time';

const FIELDS = 4;

/** Each host that has it, with a way to where it stands on the host's page. */
export function HostsWithIt({ facts, kind }: { facts: readonly FleetFact[]; kind: string }) {
  return (
    <Table label={words.hosts} head={words.head}>
      {facts.map(({ host, key, value, valid_from }) => (
        <tr key={`${host.id} ${key}`}>
          <td className="subject">
            <Link
              className="name host-name"
              to="/hosts/$id"
              params={{ id: host.id }}
              search={{ tab: 'facts', kind, q: key }}
            >
              {host.hostname}
            </Link>
          </td>
          <td className="subject">
            <code className="mono">{key}</code>
          </td>
          <td className="subject">
            <div className="clip-2">
              <ValueText value={value as Value} kind={kind} />
            </div>
          </td>
          <td className="nowrap">
            <Ago at={valid_from} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

function ValueText({ value, kind }: { value: Value; kind: string }) {
  const all = fields(value);
  const main = all.find(([name]) => name === mainField(kind));
  const rest = all.filter(([, text]) => text !== 'null' && text !== '').slice(0, FIELDS);
  if (main) return <span className="mono strong">{main[1]}</span>;
  return <span className="mono">{rest.map(([name, text]) => `${name}=${text}`).join(' ')}</span>;
}
