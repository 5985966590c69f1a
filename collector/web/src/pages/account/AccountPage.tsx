import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Session } from '../../api/client';
import { people } from '../../api/people';
import { queries } from '../../api/queries';
import { useMay } from '../../lib/may';
import { profileText } from '../../strings/en/govern/account';
import { familyText } from '../../strings/en/govern/people';
import { Card, Pair } from '../../ui/Card';
import { NotLoaded } from '../../ui/Listing';
import { Banner } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { StampAgo } from '../../ui/Time';
import { families } from '../people/roles/families';
import { DisplayCard } from './DisplayCard';
import { KeysCard } from './KeysCard';
import { PasswordCard } from './PasswordCard';

/** Who one is here, what one may do, and how the console looks to one. */
export function AccountPage() {
  const query = useQuery(queries.session());
  const t = profileText;
  return (
    <Page title={t.title} sub={query.data?.name}>
      {query.isError && <NotLoaded what={t.crumb.toLowerCase()} error={query.error} retry={query.refetch} />}
      {query.isPending && <Skeleton lines={10} />}
      {query.data && (query.data.password_needed ? <OwnPasswordFirst /> : <Whole session={query.data} />)}
    </Page>
  );
}

/** All that there is for who has a password that somebody else knows. */
function OwnPasswordFirst() {
  const navigate = useNavigate();
  return (
    <>
      <Banner tone="warn">{profileText.given}</Banner>
      <PasswordCard onChanged={() => void navigate({ to: '/' })} />
    </>
  );
}

function Whole({ session }: { session: Session }) {
  return (
    <div className="columns">
      <div className="stack">
        <Who session={session} />
        <More />
        <DisplayCard />
        <KeysCard />
      </div>
      <div className="stack">
        {session.how.startsWith('token:') || session.how === 'socket' ? null : <PasswordCard />}
        <Permissions session={session} />
      </div>
    </div>
  );
}

function Who({ session }: { session: Session }) {
  const may = useMay();
  const account = useQuery({ ...people.account(session.name), enabled: may('accounts.read') });
  const t = profileText;
  const bindings = account.data?.value.bindings;
  return (
    <Card title={t.who}>
      <dl className="pairs">
        <Pair name={t.name}>{session.name}</Pair>
        <Pair name={t.how}>{session.how}</Pair>
        {session.expires_at && (
          <Pair name={t.until}>
            <StampAgo at={session.expires_at} />
          </Pair>
        )}
        {bindings && (
          <Pair name={t.roles}>
            {bindings.length === 0
              ? t.noRoles
              : bindings.map(({ id, role, group }) => <div key={id}>{t.roleIn(role, group?.name)}</div>)}
          </Pair>
        )}
      </dl>
    </Card>
  );
}

function More() {
  const t = profileText;
  return (
    <Card title={t.more}>
      <ul className="stack">
        <li>
          <Link to="/account/security">{t.security}</Link>
        </li>
        <li>
          <Link to="/account/notifications">{t.notifications}</Link>
        </li>
        <li>
          <Link to="/account/tokens">{t.tokens}</Link>
        </li>
      </ul>
    </Card>
  );
}

function Permissions({ session }: { session: Session }) {
  const t = profileText;
  return (
    <Card title={t.may} aside={<span className="muted num">{t.mayCount(session.grants.length)}</span>}>
      <dl className="pairs">
        {families(session.grants, ({ permission }) => permission).map(({ name, members }) => (
          <Pair key={name} name={familyText(name)}>
            {members.map(({ permission, everywhere }) => (
              <div key={permission}>
                <code className="mono">{permission}</code>
                {!everywhere && <span className="muted"> {t.some}</span>}
              </div>
            ))}
          </Pair>
        ))}
      </dl>
    </Card>
  );
}
