import type { HostPosture } from '../../api/posture';
import { STANDINGS } from '../../lib/search/posture';
import { map as text } from '../../strings/en/catalogue';
import { standingText } from '../../strings/en/verdict';
import { Card } from '../../ui/Card';
import { countAll, type Group } from './groups';

type Props = { groups: readonly Group[]; hosts: readonly HostPosture[]; by: 'group' | 'os' };

/** What the map shows, in numbers. */
export function MapTable({ groups, hosts, by }: Props) {
  const all = countAll(hosts);
  return (
    <Card title={text.table} flush>
      <section className="scroll" aria-label={text.tableLabel} tabIndex={0}>
        <table className="plain">
          <thead>
            <tr>
              <th>{by === 'os' ? text.system : text.group}</th>
              {STANDINGS.map((each) => (
                <th key={each} className="right">
                  {standingText[each].word}
                </th>
              ))}
              <th className="right">{text.hosts}</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.name}>
                <td className="long">{group.name}</td>
                {STANDINGS.map((each) => (
                  <td key={each} className="right num">
                    {group.counts[each].toLocaleString('en')}
                  </td>
                ))}
                <td className="right num">{group.cells.length.toLocaleString('en')}</td>
              </tr>
            ))}
            <tr className="sum">
              <td>{text.total}</td>
              {STANDINGS.map((each) => (
                <td key={each} className="right num">
                  {all[each].toLocaleString('en')}
                </td>
              ))}
              <td className="right num">{hosts.length.toLocaleString('en')}</td>
            </tr>
          </tbody>
        </table>
      </section>
    </Card>
  );
}
