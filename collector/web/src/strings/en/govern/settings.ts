/** The frame of settings: its groups and pages. */
export const settingsGroup = {
  people: 'People',
  notifications: 'Notifications',
  fleet: 'Fleet',
  record: 'Record',
};

export const settingsPage = {
  accounts: 'Accounts',
  roles: 'Roles',
  access: 'Effective access',
  providers: 'Sign-in methods',
  tokens: 'API tokens',
  channels: 'Channels',
  routes: 'Routes',
  deliveries: 'Deliveries',
  alertRules: 'Alert rules',
  silences: 'Silences',
  maintenance: 'Maintenance windows',
  fleet: 'Fleet settings',
  retention: 'Retention',
  archive: 'Archive',
  audit: 'Audit log',
};

export const settingsText = {
  title: 'Settings',
  pages: 'Pages of settings',
  choose: 'Page',
  nothing: 'Nothing here is for you',
  nothingWhy:
    'None of your roles lets you see a page of settings. Somebody who manages roles can change that.',
};
