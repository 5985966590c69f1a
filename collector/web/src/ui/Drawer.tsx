import { Drawer as KitDrawer } from '@mantine/core';
import type { ReactNode } from 'react';

/** A part of the console that comes in from the side, over the page. Esc closes it. */
export function Drawer({
  opened,
  label,
  width = 420,
  onClose,
  children,
}: {
  opened: boolean;
  label: string;
  width?: number;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <KitDrawer
      opened={opened}
      onClose={onClose}
      position="right"
      size={width}
      padding={0}
      withCloseButton={false}
      // Whoever opened it knows where the focus belongs.
      returnFocus={false}
      transitionProps={{ duration: 180 }}
      attributes={{ content: { 'aria-label': label } }}
    >
      {children}
    </KitDrawer>
  );
}
