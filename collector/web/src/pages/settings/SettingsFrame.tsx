import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { useMay } from '../../lib/may';
import { SETTINGS_PAGES } from '../../shell/settings';
import { settingsText } from '../../strings/en/govern/settings';

/** The pages of settings beside each other: a list at the side, or a choice where there is no room for one. */
export function SettingsFrame() {
  const may = useMay();
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const pages = SETTINGS_PAGES.filter((page) => may(page.permission));
  const current = pages.find(({ to }) => path === to || path.startsWith(`${to}/`));
  const groups = [...new Set(pages.map(({ group }) => group))];
  return (
    <div className="settings">
      <nav className="settings-nav" aria-label={settingsText.pages}>
        {groups.map((group) => (
          <div key={group}>
            <p className="nav-title">{group}</p>
            {pages
              .filter((page) => page.group === group)
              .map(({ to, label }) => (
                <Link key={to} to={to} data-active={to === current?.to || undefined}>
                  {label}
                </Link>
              ))}
          </div>
        ))}
      </nav>
      <label className="settings-choose select">
        <span>{settingsText.choose}</span>
        <select
          value={String(current?.to ?? '')}
          onChange={({ target }) => {
            const chosen = pages.find(({ to }) => to === target.value);
            if (chosen) void navigate({ to: chosen.to });
          }}
        >
          {groups.map((group) => (
            <optgroup key={group} label={group}>
              {pages
                .filter((page) => page.group === group)
                .map(({ to, label }) => (
                  <option key={to} value={String(to)}>
                    {label}
                  </option>
                ))}
            </optgroup>
          ))}
        </select>
      </label>
      <div className="settings-page">
        <Outlet />
      </div>
    </div>
  );
}
