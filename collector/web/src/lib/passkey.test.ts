import { describe, expect, it } from 'vitest';
import { hasPasskeys, passkeyProblem } from './passkey';

describe('passkeys', () => {
  it('are not offered by a browser that has none', () => {
    expect(hasPasskeys()).toBe(false);
  });
  it('fail with a sentence that says what to do', () => {
    expect(passkeyProblem(new DOMException('x', 'NotAllowedError'))).toMatch(/took too long/);
    expect(passkeyProblem(new DOMException('x', 'SecurityError'))).toMatch(/another address/);
    expect(passkeyProblem(new DOMException('x', 'InvalidStateError'))).toMatch(/already/);
    expect(passkeyProblem(new Error('The collector does not answer.'))).toBe(
      'The collector does not answer.',
    );
  });
});
