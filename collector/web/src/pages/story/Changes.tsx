import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { DriftChange } from '../../api/drift';
import { Diff, DiffSwitch, type DiffView } from '../../parts/Diff';
import { HostLink } from '../../parts/names';
import { story } from '../../strings/en/decide';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Stamp } from '../../ui/Time';

const route = getRouteApi('/signed-in/drift/$id');
/** A story may be of thousands of hosts, of which nobody reads all at once. */
const A_STEP = 20;

/** What each host was and is, the newest last as the API has it. */
export function Changes({ changes, ofResults }: { changes: readonly DriftChange[]; ofResults: boolean }) {
  const { view = 'unified' } = route.useSearch();
  const setView = route.useNavigate();
  const [shown, setShown] = useState(A_STEP);
  return (
    <Card
      title={story.about}
      aside={
        <DiffSwitch
          view={view}
          onChange={(next) =>
            void setView({
              search: (old) => ({ ...old, view: next === 'unified' ? undefined : next }),
              replace: true,
            })
          }
        />
      }
      flush
    >
      <ol className="instants">
        {changes.slice(0, shown).map((change) => (
          <li key={`${change.host.id} ${change.key} ${change.recorded_at}`}>
            <Change change={change} view={view} ofResults={ofResults} />
          </li>
        ))}
      </ol>
      {changes.length > shown && (
        <div className="more">
          <Button onClick={() => setShown(shown + A_STEP)}>{story.more(changes.length - shown)}</Button>
        </div>
      )}
    </Card>
  );
}

function Change({ change, view, ofResults }: { change: DriftChange; view: DiffView; ofResults: boolean }) {
  const { host, explained, acknowledged, fall } = change;
  return (
    <article className="change" aria-label={`${host.hostname}: ${change.text}`}>
      <header>
        <HostLink id={host.id} name={host.hostname} />
        <Stamp at={change.occurred_at} />
        {ofResults && (
          <Link
            className="facts-then"
            to="/hosts/$id"
            params={{ id: host.id }}
            search={{ tab: 'compliance', result: change.key }}
          >
            {story.evidence}
          </Link>
        )}
        <Link
          className="facts-then"
          to="/hosts/$id"
          params={{ id: host.id }}
          search={{ tab: 'changes', until: change.recorded_at }}
        >
          {story.onHost}
        </Link>
      </header>
      <p>{change.text}</p>
      <Diff
        before={change.before}
        after={change.after}
        view={view}
        label={story.diff(change.key, host.hostname)}
      />
      <p className="why">
        {explained ? (
          <>
            {story.explained} {story.cause[explained.cause]} <b>{explained.name}</b>
          </>
        ) : acknowledged ? (
          story.acknowledged(acknowledged.by)
        ) : (
          story.nothing
        )}
        {change.rule_changed && ` · ${story.ruleChanged}`}
        {fall >= 0.05 && ` · ${story.fell(fall.toFixed(1))}`}
        {fall <= -0.05 && ` · ${story.rose((-fall).toFixed(1))}`}
      </p>
    </article>
  );
}
