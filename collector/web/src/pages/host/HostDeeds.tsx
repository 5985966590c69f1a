import type { HostDetail } from '../../api/client';
import { useMay } from '../../lib/may';
import { LetGo } from './LetGo';
import { RetireHost } from './RetireHost';
import { RevokeHost } from './RevokeHost';

/** What can be done to a host as a whole, as far as one may. */
export function HostDeeds({ host }: { host: HostDetail }) {
  const may = useMay();
  if (host.retired)
    return (
      may('hosts.forget') && (
        <>
          <LetGo host={host} deed="archive" />
          <LetGo host={host} deed="forget" />
        </>
      )
    );
  if (!may('hosts.revoke')) return null;
  return (
    <>
      <RetireHost host={host} />
      {host.state !== 'revoked' && <RevokeHost host={host} />}
    </>
  );
}
