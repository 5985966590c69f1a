import { describe, expect, it } from 'vitest';
import { parse, stringify } from '../search';
import { findingsSearch, hostPageSearch, mapSearch, ruleSearch } from './posture';

describe('view state of the pages about posture', () => {
  it('survives the way through the URL', () => {
    const view = {
      tab: 'compliance' as const,
      status: 'not_assessable' as const,
      profile: 'cis-debian12-l1-server',
      severity: 'high' as const,
      result: 'ssh-max-auth-tries@stig-rhel9',
      range: '24h' as const,
    };
    expect(hostPageSearch.parse(parse(stringify(view)))).toEqual(view);
  });
  it('drops what it does not know instead of failing', () => {
    expect(
      hostPageSearch.parse(parse('?status=good&severity=awful&result=../../x&framework=a/b&range=9y')),
    ).toEqual({});
    expect(findingsSearch.parse(parse('?group=default'))).toEqual({});
    expect(ruleSearch.parse(parse('?a=1&b=<script>&status=all'))).toEqual({});
    expect(mapSearch.parse(parse('?by=owner&show=bad'))).toEqual({});
  });
});
