import { type FormEvent, useId, useRef, useState } from 'react';
import { usePasskeySignIn, useSignIn } from '../../api/factors';
import { hasPasskeys } from '../../lib/passkey';
import { Button } from '../../ui/Button';
import { errorText } from './SignInPage';

type Props = {
  /** Whose password fits. */
  account: { name: string; password: string };
  onEntered: () => void;
  onBack: () => void;
};

/** What is shown beside the password: a code, or a passkey or security key. */
export function SecondStep({ account, onEntered, onBack }: Props) {
  const signIn = useSignIn();
  const passkey = usePasskeySignIn();
  const [code, setCode] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const errorId = useId();
  const error = signIn.error ?? passkey.error;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (signIn.isPending) return;
    passkey.reset();
    signIn.mutate({ ...account, code }, { onSuccess: onEntered, onError: () => field.current?.select() });
  };
  const show = () => {
    signIn.reset();
    passkey.mutate(account, { onSuccess: onEntered });
  };

  return (
    <main className="alone">
      <form className="card sign-in" onSubmit={submit} aria-labelledby="sign-in-title">
        <img src="/favicon.svg" width="40" height="40" alt="" />
        <h1 id="sign-in-title">Confirm that it is you</h1>
        <p className="muted">{account.name} is protected by a second step.</p>
        <label className="field">
          <span>Code</span>
          <input
            ref={field}
            // biome-ignore lint/a11y/noAutofocus: the step has nothing else to do
            autoFocus
            required
            autoComplete="one-time-code"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={40}
            aria-describedby={error ? errorId : undefined}
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
          <small>Of your authenticator app, or a backup code</small>
        </label>
        <p className="error" id={errorId} role="alert">
          {error && errorText(error)}
        </p>
        <Button type="submit" look="primary" busy={signIn.isPending}>
          {signIn.isPending ? 'Signing in' : 'Sign in'}
        </Button>
        {hasPasskeys() && (
          <Button busy={passkey.isPending} onClick={show}>
            Use a passkey or security key
          </Button>
        )}
        <Button look="ghost" onClick={onBack}>
          Back
        </Button>
      </form>
    </main>
  );
}
