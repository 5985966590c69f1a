import { useMutation } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import { returnPath } from '../../lib/search';
import { Button } from '../../ui/Button';

type Way = { origin: string; console: string; here: boolean };

/**
 * A link to the listener that asks for a certificate, and there the button that signs in with it. The two are
 * one site, so that the cookie is good for both, and two origins, so that the browser itself goes back.
 */
export function CertificateWay({ way, to }: { way: Way; to: string | undefined }) {
  const path = returnPath(to);
  const signIn = useMutation({
    mutationFn: () => unwrap(api.POST('/api/v1/session/certificate')),
    onSuccess: () => window.location.assign(way.console + path),
  });
  if (!way.here) {
    const query = new URLSearchParams({ to: path });
    return (
      <a className="btn default" href={`${way.origin}/sign-in?${query}`}>
        Sign in with a certificate
      </a>
    );
  }
  return (
    <>
      <Button busy={signIn.isPending} onClick={() => signIn.mutate()}>
        Sign in with this certificate
      </Button>
      {signIn.error && (
        <p className="error" role="alert">
          {signIn.error.message}
        </p>
      )}
    </>
  );
}
