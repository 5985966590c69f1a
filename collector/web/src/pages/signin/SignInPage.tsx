import { getRouteApi, useRouter } from '@tanstack/react-router';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { usePasskeySignIn, useSignIn } from '../../api/factors';
import { Problem } from '../../api/problem';
import { hasPasskeys } from '../../lib/passkey';
import { returnPath } from '../../lib/search';
import { refusedText } from '../../strings/en';
import { Button } from '../../ui/Button';
import { OtherWays } from './OtherWays';
import { SecondStep } from './SecondStep';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  const { to, refused } = route.useSearch();
  const router = useRouter();
  const signIn = useSignIn();
  const passkey = usePasskeySignIn();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [second, setSecond] = useState(false);
  const passwordField = useRef<HTMLInputElement>(null);
  const errorId = useId();
  const error = signIn.error ?? passkey.error;

  useEffect(() => {
    document.title = 'Sign in · OpenWatch';
  }, []);

  const entered = () => router.history.push(returnPath(to));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (signIn.isPending) return;
    passkey.reset();
    signIn.mutate(
      { name, password },
      {
        onSuccess: entered,
        onError: (refusal) => {
          if (refusal instanceof Problem && refusal.code === 'code_needed') setSecond(true);
          else passwordField.current?.select();
        },
      },
    );
  };
  const show = () => {
    signIn.reset();
    passkey.mutate(null, { onSuccess: entered });
  };

  if (second) {
    const back = () => {
      signIn.reset();
      setPassword('');
      setSecond(false);
    };
    return <SecondStep account={{ name, password }} onEntered={entered} onBack={back} />;
  }

  return (
    <main className="alone">
      <form className="card sign-in" onSubmit={submit} aria-labelledby="sign-in-title">
        <img src="/favicon.svg" width="40" height="40" alt="" />
        <h1 id="sign-in-title">Sign in to OpenWatch</h1>
        {to && <p className="muted">You will be taken back to where you were.</p>}
        <label className="field">
          <span>Name</span>
          <input
            // biome-ignore lint/a11y/noAutofocus: the page has nothing else to do
            autoFocus
            required
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <label className="field">
          <span>Password</span>
          <input
            ref={passwordField}
            required
            type="password"
            autoComplete="current-password"
            aria-describedby={error ? errorId : undefined}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </label>
        <p className="error" id={errorId} role="alert">
          {error ? errorText(error) : refused && refusedText(refused)}
        </p>
        <Button type="submit" look="primary" busy={signIn.isPending}>
          {signIn.isPending ? 'Signing in' : 'Sign in'}
        </Button>
        {hasPasskeys() && (
          <Button busy={passkey.isPending} onClick={show}>
            Sign in with a passkey
          </Button>
        )}
        <OtherWays to={to} />
      </form>
    </main>
  );
}

export function errorText(error: Error): string {
  const wait = error instanceof Problem ? error.retryAfter : undefined;
  return wait ? `${error.message} Try again in ${wait} seconds.` : error.message;
}
