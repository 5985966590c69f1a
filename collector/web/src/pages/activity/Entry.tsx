import {
  IconAlertTriangle,
  IconArrowsDiff,
  IconClipboardCheck,
  IconHeartbeat,
  IconListDetails,
  IconUser,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ActivityEntry } from '../../api/activity';
import { HostLink } from '../../parts/names';
import { happenings } from '../../strings/en/decide';
import { Severity } from '../../ui/Severity';
import { Ago, Stamp } from '../../ui/Time';

const ICONS: Record<ActivityEntry['source'], typeof IconUser> = {
  event: IconListDetails,
  verdict: IconClipboardCheck,
  drift: IconArrowsDiff,
  alert: IconAlertTriangle,
  audit: IconUser,
  liveness: IconHeartbeat,
};

/** Something that happened: when, where, what, and where to read on. */
export function Entry({ entry, ofHost }: { entry: ActivityEntry; ofHost: boolean | undefined }) {
  const Icon = ICONS[entry.source];
  return (
    <li>
      <Icon size={18} aria-hidden />
      <div className="grow">
        <p className="what">{entry.text}</p>
        <p className="of">
          <span>{happenings.sources[entry.source]}</span>
          {entry.host && !ofHost && <HostLink id={entry.host.id} name={entry.host.hostname} />}
          {entry.severity !== 'info' && <Severity level={entry.severity} />}
          <code className="mono">{entry.what}</code>
          <ReadOn entry={entry} />
        </p>
      </div>
      <span className="at">
        <Stamp at={entry.at} />
        <span className="muted">
          <Ago at={entry.at} />
        </span>
      </span>
    </li>
  );
}

function ReadOn({ entry: { about, host, at, text } }: { entry: ActivityEntry }) {
  const spoken = <span className="sr">: {text}</span>;
  switch (about.kind) {
    case 'drift':
      return (
        <Link to="/drift/$id" params={{ id: about.id }}>
          {happenings.read}
          {spoken}
        </Link>
      );
    case 'alert':
      return (
        <Link to="/alerts/$id" params={{ id: about.id }}>
          {happenings.read}
          {spoken}
        </Link>
      );
    case 'event':
      return (
        host && (
          <Link to="/hosts/$id" params={{ id: host.id }} search={{ tab: 'changes', until: at }}>
            {happenings.read}
            {spoken}
          </Link>
        )
      );
    default:
      return null;
  }
}
