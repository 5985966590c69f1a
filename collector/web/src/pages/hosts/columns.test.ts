import { describe, expect, it } from 'vitest';
import { columnsOf, columnsWord, shownColumns } from './columns';

describe('the columns of the host list', () => {
  it('are those of always when the URL names none, and the URL names none then', () => {
    expect(shownColumns(undefined)).toContain('state');
    expect(columnsWord(shownColumns(undefined))).toBeUndefined();
  });
  it('always have the name first, whatever the URL says', () => {
    for (const cols of [undefined, '', 'hostname', 'agent,state,nonsense'])
      expect(columnsOf(cols)[0]?.id).toBe('hostname');
    expect(columnsOf('').map(({ id }) => id)).toEqual(['hostname']);
  });
  it('keep their order, and what is not known is none', () => {
    expect(shownColumns('agent,state,nonsense')).toEqual(['state', 'agent']);
    expect(columnsWord(['agent', 'state'])).toBe('state,agent');
  });
});
