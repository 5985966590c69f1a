import { Link } from '@tanstack/react-router';
import type { DriftStory } from '../../api/drift';
import { Table } from '../../parts/Listing';
import { kindName } from '../../strings/en';
import { drifting, driftWords } from '../../strings/en/decide';
import { Severity } from '../../ui/Severity';
import { Ago } from '../../ui/Time';
import { Direction, DriftStatus } from './DriftStatus';

/** Stories, a row each. */
export function DriftTable({ stories }: { stories: readonly DriftStory[] }) {
  return (
    <Table label={drifting.list} head={drifting.head}>
      {stories.map((story) => (
        <tr key={story.id}>
          <td className="subject">
            <Link className="name" to="/drift/$id" params={{ id: story.id }}>
              {story.title}
            </Link>
            <div className="muted">
              {driftWords.sort[story.sort].word} · {kindName(story.kind)} ·{' '}
              <code className="mono">{story.subject}</code>
            </div>
          </td>
          <td>
            <DriftStatus state={story.state} />
          </td>
          <td className={story.level === 'major' ? 'strong' : undefined}>{driftWords.level[story.level]}</td>
          <td>
            <Direction direction={story.direction} />
          </td>
          <td>
            <Severity level={story.severity} />
          </td>
          <td className="num nowrap">
            {drifting.hosts(story.hosts)}
            {story.changes > story.hosts && <div className="muted">{drifting.changes(story.changes)}</div>}
          </td>
          <td className="nowrap">
            <Ago at={story.last_at} />
          </td>
        </tr>
      ))}
    </Table>
  );
}
