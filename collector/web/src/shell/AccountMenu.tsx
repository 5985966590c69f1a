import {
  IconBell,
  IconBook,
  IconKey,
  IconKeyboard,
  IconLogout,
  IconShieldLock,
  IconUserCircle,
} from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { signOut } from '../api/mutations';
import { queries } from '../api/queries';
import { type Prefs, setPrefs, usePrefs } from '../lib/prefs';
import { profileText } from '../strings/en/govern/account';
import { tokensText } from '../strings/en/govern/tokens';
import { shortcutWords } from '../strings/en/keys';
import { Button } from '../ui/Button';
import { Menu, type Scheme, useScheme } from '../ui/kit';

/** Who is signed in, how the console looks to them, and the way out. */
export function AccountMenu({ onKeys }: { onKeys: () => void }) {
  const session = useQuery(queries.session());
  const { scheme, setScheme } = useScheme();
  const { density, zone, shortcuts } = usePrefs();
  const client = useQueryClient();
  const navigate = useNavigate();

  const leave = async () => {
    // Even when the collector does not answer, this browser forgets.
    await signOut().catch(() => undefined);
    client.clear();
    client.setQueryData(queries.session().queryKey, null);
    await navigate({ to: '/sign-in' });
  };

  return (
    <Menu
      position="bottom-end"
      width={220}
      closeOnItemClick={false}
      withinPortal={false}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <Button
          look="ghost"
          className="account"
          aria-label={`Account and display, ${session.data?.name ?? ''}`}
        >
          <IconUserCircle size={18} aria-hidden />
          <span className="wide">{session.data?.name}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Theme</Menu.Label>
        <Menu.RadioGroup value={scheme} onChange={(value) => setScheme(value as Scheme)}>
          <Menu.RadioItem value="auto">As the system</Menu.RadioItem>
          <Menu.RadioItem value="light">Light</Menu.RadioItem>
          <Menu.RadioItem value="dark">Dark</Menu.RadioItem>
        </Menu.RadioGroup>
        <Menu.Label>Times</Menu.Label>
        <Menu.RadioGroup value={zone} onChange={(value) => setPrefs({ zone: value as Prefs['zone'] })}>
          <Menu.RadioItem value="utc">UTC</Menu.RadioItem>
          <Menu.RadioItem value="local">Local time</Menu.RadioItem>
        </Menu.RadioGroup>
        <Menu.Label>Rows</Menu.Label>
        <Menu.RadioGroup
          value={density}
          onChange={(value) => setPrefs({ density: value as Prefs['density'] })}
        >
          <Menu.RadioItem value="comfortable">Comfortable</Menu.RadioItem>
          <Menu.RadioItem value="compact">Compact</Menu.RadioItem>
        </Menu.RadioGroup>
        <Menu.Label>{shortcutWords.label}</Menu.Label>
        <Menu.RadioGroup
          value={shortcuts}
          onChange={(value) => setPrefs({ shortcuts: value as Prefs['shortcuts'] })}
        >
          <Menu.RadioItem value="on">{shortcutWords.on}</Menu.RadioItem>
          <Menu.RadioItem value="off">{shortcutWords.offWord}</Menu.RadioItem>
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item closeMenuOnClick leftSection={<IconKeyboard size={16} aria-hidden />} onClick={onKeys}>
          {shortcutWords.title}
        </Menu.Item>
        <Menu.Item
          closeMenuOnClick
          leftSection={<IconUserCircle size={16} aria-hidden />}
          onClick={() => void navigate({ to: '/account' })}
        >
          {profileText.title}
        </Menu.Item>
        <Menu.Item
          closeMenuOnClick
          leftSection={<IconShieldLock size={16} aria-hidden />}
          onClick={() => void navigate({ to: '/account/security' })}
        >
          Security
        </Menu.Item>
        <Menu.Item
          closeMenuOnClick
          leftSection={<IconBell size={16} aria-hidden />}
          onClick={() => void navigate({ to: '/account/notifications' })}
        >
          Notifications
        </Menu.Item>
        <Menu.Item
          closeMenuOnClick
          leftSection={<IconKey size={16} aria-hidden />}
          onClick={() => void navigate({ to: '/account/tokens' })}
        >
          {tokensText.all.title}
        </Menu.Item>
        <Menu.Item
          component="a"
          href="/api/docs"
          target="_blank"
          closeMenuOnClick
          leftSection={<IconBook size={16} aria-hidden />}
        >
          API reference
        </Menu.Item>
        <Menu.Item
          closeMenuOnClick
          leftSection={<IconLogout size={16} aria-hidden />}
          onClick={() => void leave()}
        >
          Sign out {session.data?.name}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
