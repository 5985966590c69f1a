import { describe, expect, it } from 'vitest';
import { hostSearch, hostsSearch, parse, returnPath, signedInSearch, stringify } from './search';

describe('view state in the URL', () => {
  it('survives the way through the URL', () => {
    const view = {
      tab: 'facts' as const,
      kind: 'package',
      q: 'open ssl&=',
      since: '2026-03-03T14:05:09.000001Z',
    };
    expect(hostSearch.parse(parse(stringify(view)))).toEqual(view);
  });
  it('keeps times readable', () => {
    expect(stringify({ at: '2026-03-03T14:05:09Z' })).toBe('?at=2026-03-03T14:05:09Z');
  });
  it('leaves out what is not set', () => {
    expect(stringify({ q: undefined, sort: '' })).toBe('');
  });
  it('drops what it does not know instead of failing', () => {
    expect(hostsSearch.parse(parse('?sort=DROP%20TABLE&x=1')).sort).toBeUndefined();
    expect(hostsSearch.parse(parse('?x=1'))).not.toHaveProperty('x');
    expect(hostSearch.parse(parse('?tab=nothing&kind=../x&since=yesterday'))).toEqual({});
    expect(signedInSearch.parse(parse('?at=yesterday'))).toEqual({});
  });
});

describe('returnPath', () => {
  it('leads back into the console', () => {
    expect(returnPath('/hosts/1?tab=facts')).toBe('/hosts/1?tab=facts');
  });
  it.each([
    undefined,
    '',
    'https://elsewhere',
    '//elsewhere',
    '/\\elsewhere',
    '/sign-in?to=/sign-in',
    'javascript:0',
  ])('leads nowhere else: %s', (to) => expect(returnPath(to)).toBe('/'));
});
