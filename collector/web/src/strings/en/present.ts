/** What is shown as it is now, though the past is looked at. */
export const presentOnly = (what: string): string => `${what}: as it is now, not as it was then.`;

export const present = {
  host: 'The overview of the host',
  results: 'Results by rule',
  catalogue: 'The content of the collector',
};
