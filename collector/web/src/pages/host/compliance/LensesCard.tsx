import { Link } from '@tanstack/react-router';
import type { HostLens } from '../../../api/posture';
import { compliance as text } from '../../../strings/en/compliance';
import { Card } from '../../../ui/Card';
import { Score } from '../../../ui/Score';

/** The same through each framework and profile; each leads to its results. */
export function LensesCard({ id, lenses }: { id: string; lenses: readonly HostLens[] }) {
  const narrow = lenses.filter((lens) => lens.sort !== 'all');
  if (narrow.length === 0) return null;
  return (
    <Card title={text.lenses} flush>
      <section className="scroll lenses" aria-label={text.lensTable} tabIndex={0}>
        <table className="plain">
          <tbody>
            {narrow.map((lens) => (
              <tr key={`${lens.sort} ${lens.key}`}>
                <td>
                  <Link
                    className="name mono"
                    from="/hosts/$id"
                    to="/hosts/$id"
                    params={{ id }}
                    search={(old) => ({
                      ...old,
                      framework: lens.sort === 'framework' ? lens.key : undefined,
                      profile: lens.sort === 'profile' ? lens.key : undefined,
                    })}
                  >
                    {lens.key}
                  </Link>
                </td>
                <td className="muted">{text.lensSort[lens.sort]}</td>
                <td className="right num nowrap">
                  {lens.passed.toLocaleString('en')} / {(lens.passed + lens.failed).toLocaleString('en')}
                </td>
                <td className="right strong">
                  <Score of={lens.score} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  );
}
