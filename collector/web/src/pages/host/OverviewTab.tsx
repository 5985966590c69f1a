import { Link } from '@tanstack/react-router';
import type { HostDetail } from '../../api/client';
import { hostState, kindName, skewText, staleText } from '../../strings/en';
import { Card, Pair } from '../../ui/Card';
import { Empty } from '../../ui/Notice';
import { Freshness, Status } from '../../ui/Status';
import { Ago, Stamp, StampAgo } from '../../ui/Time';
import { ContentCard } from './ContentCard';

export function OverviewTab({ host }: { host: HostDetail }) {
  return (
    <div className="columns">
      <Kinds host={host} />
      <div className="stack">
        <Identity host={host} />
        <ContentCard host={host} />
        <Stream host={host} />
      </div>
    </div>
  );
}

function Identity({ host }: { host: HostDetail }) {
  return (
    <Card title="Identity">
      <dl className="pairs">
        <Pair name="Id">
          <code className="mono">{host.id}</code>
        </Pair>
        <Pair name="Host name">{host.hostname}</Pair>
        <Pair name="System">{host.os_name ?? 'Not known yet'}</Pair>
        <Pair name="Group">{host.group}</Pair>
        <Pair name="State">{hostState[host.state].meaning}</Pair>
        <Pair name="Since">
          <StampAgo at={host.since} />
          {host.state_detail && <div className="why">{host.state_detail}</div>}
        </Pair>
        {host.last_boot_at && (
          <Pair name="Last boot">
            <StampAgo at={host.last_boot_at} />
          </Pair>
        )}
        {host.skew_ms !== null && <Pair name="Clock">{skewText(host.skew_ms)}</Pair>}
        {host.connected_since && (
          <Pair name="Connected">
            <StampAgo at={host.connected_since} />
          </Pair>
        )}
        <Pair name="Last seen">
          <StampAgo at={host.last_seen_at} />
        </Pair>
        <Pair name="Enrolled">
          <StampAgo at={host.enrolled_at} />
        </Pair>
        <Pair name="Agent">
          <span className="mono">{host.agent_version}</span>{' '}
          {host.build === 'unknown' && (
            <Status
              tone="warn"
              word="Unknown build"
              meaning="No published release of this version has the program that runs there"
            />
          )}
        </Pair>
      </dl>
    </Card>
  );
}

/** How far the host's record goes, and where single changes are missing from it. */
function Stream({ host }: { host: HostDetail }) {
  return (
    <Card title="Record">
      <dl className="pairs">
        {host.stream ? (
          <>
            <Pair name="Epoch">
              <span className="mono">{host.stream.epoch}</span>
            </Pair>
            <Pair name="Applied">
              <span className="num">{host.stream.applied_seq.toLocaleString('en')}</span> records
            </Pair>
          </>
        ) : (
          <Pair name="Applied">Nothing received yet</Pair>
        )}
        <Pair name="Gaps">
          {host.gaps.length === 0 ? 'None: every change is on record' : `${host.gaps.length}, see below`}
        </Pair>
      </dl>
      {host.gaps.length > 0 && (
        <ul className="gaps">
          {host.gaps.map((gap) => (
            <li key={gap.from}>
              <Stamp at={gap.from} /> to <Stamp at={gap.to} />: {gap.records.toLocaleString('en')} records
              were folded into the state after them, because the host could not deliver.
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Kinds({ host }: { host: HostDetail }) {
  if (host.kinds.length === 0) {
    return (
      <Card title="What is known">
        <Empty title="No facts yet">The agent sends them a few seconds after it first connects.</Empty>
      </Card>
    );
  }
  return (
    <Card title="What is known" flush>
      <section className="scroll" aria-label="Kinds of facts" tabIndex={0}>
        <table className="plain">
          <thead>
            <tr>
              <th>Kind</th>
              <th className="right">Facts</th>
              <th>Freshness</th>
              <th>Reported</th>
              <th>Digest</th>
            </tr>
          </thead>
          <tbody>
            {host.kinds.map((kind) => (
              <tr key={kind.kind}>
                <td className="nowrap">
                  <Link
                    className="name"
                    to="/hosts/$id"
                    params={{ id: host.id }}
                    search={{ tab: 'facts', kind: kind.kind }}
                  >
                    {kindName(kind.kind)}
                  </Link>
                </td>
                <td className="right num">{kind.rows.toLocaleString('en')}</td>
                <td>
                  <Freshness stale={kind.stale} online={host.state === 'online'} />
                  {kind.stale && (
                    <div className="why">
                      {staleText(kind.stale.reason)}, since <Ago at={kind.stale.since} />
                    </div>
                  )}
                </td>
                <td>
                  <Ago at={kind.reported_at} />
                </td>
                <td>
                  <code className="mono muted" title={kind.digest}>
                    {kind.digest.slice(0, 12)}
                  </code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  );
}
