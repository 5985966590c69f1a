import { describe, expect, it } from 'vitest';
import { webAddress } from './address';

describe('webAddress', () => {
  it('takes addresses of the web', () =>
    expect(webAddress('https://tickets.example/OPS-1')).toBe('https://tickets.example/OPS-1'));
  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    ' java\nscript:0',
    'OPS-1',
    '',
    '//elsewhere',
    'file:///etc/passwd',
  ])('leaves %j a text', (text) => expect(webAddress(text)).toBeNull());
});
