import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Group } from '../../api/groups';
import { queries } from '../../api/queries';
import { saveText } from '../../strings/en/govern/common';
import { definitionText } from '../../strings/en/govern/groups';
import { Card, Pair } from '../../ui/Card';
import { toLines } from './labels';

/** What is said of a group, for who may not change it. */
export function Definition({ group }: { group: Group }) {
  const all = useQuery(queries.groups()).data?.items ?? [];
  const t = definitionText;
  return (
    <Card title={t.title}>
      <dl className="pairs">
        <Pair name={t.precedence}>
          <span className="num">{group.precedence.toLocaleString('en')}</span>
        </Pair>
        <Pair name={t.expression}>
          {group.expression === null ? saveText.none : <pre className="mono code">{group.expression}</pre>}
        </Pair>
        <Pair name={t.labels}>
          {group.match === null ? saveText.none : <pre className="mono code">{toLines(group.match)}</pre>}
        </Pair>
        <Pair name={t.nested}>
          {group.groups.length === 0
            ? t.nothing
            : group.groups.map((id) => (
                <div key={id}>
                  <Link to="/groups/$id" params={{ id }}>
                    {all.find((each) => each.id === id)?.name ?? id}
                  </Link>
                </div>
              ))}
        </Pair>
      </dl>
      <p className="muted">{t.mayNot}</p>
    </Card>
  );
}
