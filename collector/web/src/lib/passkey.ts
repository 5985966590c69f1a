/**
 * Passkeys and security keys, as the browser has them. What the collector asks and what it is answered is JSON
 * after WebAuthn level 3, so that nothing is encoded here.
 */

/** Whether this browser can ask for one. */
export const hasPasskeys = (): boolean =>
  typeof PublicKeyCredential === 'function' &&
  typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function';

/** Makes a credential. */
export async function makePasskey(options: unknown): Promise<unknown> {
  const { publicKey } = options as { publicKey: PublicKeyCredentialCreationOptionsJSON };
  return asked(() =>
    navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) }),
  );
}

/** Shows one. */
export async function showPasskey(options: unknown): Promise<unknown> {
  const { publicKey } = options as { publicKey: PublicKeyCredentialRequestOptionsJSON };
  return asked(() =>
    navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) }),
  );
}

async function asked(ask: () => Promise<Credential | null>): Promise<unknown> {
  try {
    const credential = await ask();
    if (!(credential instanceof PublicKeyCredential)) throw new Error('No passkey was shown.');
    return credential.toJSON();
  } catch (cause) {
    throw new Error(passkeyProblem(cause), { cause });
  }
}

/** A sentence for what a browser says by the name of an error. */
export function passkeyProblem(cause: unknown): string {
  switch (cause instanceof Error ? cause.name : '') {
    case 'NotAllowedError':
    case 'AbortError':
      return 'No passkey was shown, or it took too long.';
    case 'InvalidStateError':
      return 'This one is registered already.';
    case 'SecurityError':
      return 'Passkeys belong to another address of this collector: open the console there.';
    case 'NotSupportedError':
    case 'ConstraintError':
      return 'What you have cannot do this.';
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
