import { Link } from '@tanstack/react-router';
import { useCreateToken } from '../../api/mutations';
import { Button } from '../../ui/Button';
import { CopyLine } from '../../ui/CopyLine';
import { Page } from '../../ui/Page';
import { Stamp } from '../../ui/Time';

const USES = 10;
const LIFETIME_S = 24 * 3600;

/** No host yet: one line to paste. The live feed turns this page into the list when a host arrives. */
export function FirstRun() {
  const create = useCreateToken();
  const token = create.data;
  return (
    <Page title="Hosts" sub="No host has been enrolled yet">
      <section className="card first-run" aria-labelledby="first-run-title">
        <img src="/favicon.svg" width="40" height="40" alt="" />
        <h2 id="first-run-title">Enrol your first host</h2>
        {token ? (
          <>
            <p>
              Run this as root on any Linux host where the agent is installed. It proves the collector’s
              identity to the host and the host’s to the collector; this page then turns into the list by
              itself.
            </p>
            <CopyLine text={token.command} label="Enrolment command" />
            <p className="muted">
              Good for {token.max_uses} hosts, until <Stamp at={token.expires_at} />. It is shown only now.
            </p>
            <p className="waiting" role="status">
              <i aria-hidden="true" />
              Waiting for the first host
            </p>
          </>
        ) : (
          <>
            <p>
              A host joins with a token: a line that you run on it once. The token ends after 24 hours or{' '}
              {USES} hosts, and can be revoked at any time.
            </p>
            {create.error && (
              <p className="error" role="alert">
                The token was not created: {create.error.message}
              </p>
            )}
            <Button
              look="primary"
              busy={create.isPending}
              onClick={() => create.mutate({ name: 'First hosts', max_uses: USES, expires_in_s: LIFETIME_S })}
            >
              Create the line
            </Button>
          </>
        )}
        <p className="muted">
          Another group, number of hosts or lifetime: <Link to="/enrol">all options</Link>.
        </p>
      </section>
    </Page>
  );
}
