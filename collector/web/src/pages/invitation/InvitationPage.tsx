import { Link, useRouterState } from '@tanstack/react-router';
import { type FormEvent, useEffect, useId, useState } from 'react';
import { useRedeem } from '../../api/mutations';
import { Button } from '../../ui/Button';
import { errorText } from '../signin/SignInPage';

/** Shortest password that the collector takes, characters. */
const LEAST = 15;

/** Where a link leads with which somebody chooses a password once. */
export function InvitationPage() {
  const token = useRouterState({ select: (state) => state.location.hash });
  const redeem = useRedeem();
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const errorId = useId();

  useEffect(() => {
    document.title = 'Choose a password · OpenWatch';
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (redeem.isPending || password !== again) return;
    redeem.mutate({ token, password });
  };

  if (redeem.isSuccess) {
    return (
      <main className="alone">
        <div className="card sign-in">
          <h1>Your password is chosen</h1>
          <Link to="/sign-in">Sign in with it</Link>
        </div>
      </main>
    );
  }
  const differs = again !== '' && password !== again;
  return (
    <main className="alone">
      <form className="card sign-in" onSubmit={submit} aria-labelledby="invitation-title">
        <img src="/favicon.svg" width="40" height="40" alt="" />
        <h1 id="invitation-title">Choose a password</h1>
        <p className="muted">
          {LEAST} characters or more, of any sort. Some words that have nothing to do with each other are a
          good one.
        </p>
        <label className="field">
          <span>Password</span>
          <input
            // biome-ignore lint/a11y/noAutofocus: the page has nothing else to do
            autoFocus
            required
            type="password"
            minLength={LEAST}
            autoComplete="new-password"
            aria-describedby={errorId}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </label>
        <label className="field">
          <span>The same again</span>
          <input
            required
            type="password"
            autoComplete="new-password"
            aria-invalid={differs}
            aria-describedby={errorId}
            value={again}
            onChange={(event) => setAgain(event.target.value)}
          />
        </label>
        <p className="error" id={errorId} role="alert">
          {differs ? 'These are two different passwords.' : redeem.error && errorText(redeem.error)}
        </p>
        <Button type="submit" look="primary" busy={redeem.isPending}>
          Choose it
        </Button>
      </form>
    </main>
  );
}
