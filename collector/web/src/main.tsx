import '@fontsource-variable/ibm-plex-sans/wght.css';
import './styles/mantine.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/controls.css';
import './styles/data.css';
import './styles/pages.css';
import './styles/content.css';
import './styles/account.css';
import './styles/alerts.css';
import './styles/posture.css';
import './styles/decide.css';
import './styles/govern.css';
import './styles/print.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { onSignedOut } from './api/client';
import { watchPresence } from './lib/presence';
import { queryClient, router, toSignIn } from './router';
import { KitProvider } from './ui/kit';

onSignedOut(toSignIn);
watchPresence(window);

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <KitProvider>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </KitProvider>
  </StrictMode>,
);
