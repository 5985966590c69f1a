import { Popover as KitPopover } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';

type Props = {
  opened: boolean;
  onChange: (opened: boolean) => void;
  /** The button that opens it. */
  target: ReactElement;
  children: ReactNode;
};

/** A small box beside the button that opens it. The focus goes in, and back when Esc closes it. */
export function Popover({ opened, onChange, target, children }: Props) {
  return (
    <KitPopover
      opened={opened}
      onChange={onChange}
      position="bottom-end"
      width={300}
      trapFocus
      returnFocus
      radius="md"
      transitionProps={{ duration: 120 }}
    >
      <KitPopover.Target>{target}</KitPopover.Target>
      <KitPopover.Dropdown>{children}</KitPopover.Dropdown>
    </KitPopover>
  );
}
