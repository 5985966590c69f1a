/** The component kit's pieces that need no look of their own beyond our tokens. */
import { createTheme, Drawer, MantineProvider, Modal, useMantineColorScheme } from '@mantine/core';
import type { ReactNode } from 'react';

export { Menu } from '@mantine/core';
export { useMediaQuery } from '@mantine/hooks';

export type Scheme = 'auto' | 'light' | 'dark';

export function useScheme(): { scheme: Scheme; setScheme: (scheme: Scheme) => void } {
  // To switch transitions off for the change, the kit would write a <style>, which the policy refuses.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  return { scheme: colorScheme, setScheme: setColorScheme };
}

const theme = createTheme({
  respectReducedMotion: true,
  // lockScroll puts a <style> into the page, which the policy refuses; the shell scrolls inside anyway.
  components: {
    Modal: Modal.extend({ defaultProps: { lockScroll: false } }),
    Drawer: Drawer.extend({ defaultProps: { lockScroll: false } }),
  },
});

/** The kit, told to inject no styles: its variables come from styles/tokens.css. */
export function KitProvider({ children }: { children: ReactNode }) {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      {children}
    </MantineProvider>
  );
}
