import { render, renderHook } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { pressKey, useShortcutGroups, useShortcuts } from './keys';

function Page({ run }: { run: () => void }) {
  useShortcuts('Alerts', [{ key: 'a', does: 'Acknowledge', run }]);
  return null;
}

describe('the keys of a page', () => {
  it('do what the page shows last, and only while it is there', () => {
    const [first, second] = [vi.fn(), vi.fn()];
    const page = render(<Page run={first} />);
    page.rerender(<Page run={second} />);
    expect(pressKey('a')).toBe(true);
    expect(pressKey('b')).toBe(false);
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 1]);
    page.unmount();
    expect(pressKey('a')).toBe(false);
  });
  it('are listed', () => {
    const { result } = renderHook(() => useShortcutGroups());
    expect(result.current).toEqual([]);
    const page = render(<Page run={() => undefined} />);
    expect(renderHook(() => useShortcutGroups()).result.current).toMatchObject([
      { title: 'Alerts', keys: [{ key: 'a', does: 'Acknowledge' }] },
    ]);
    page.unmount();
  });
});
