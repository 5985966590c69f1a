export const timeMachine = {
  label: 'Time machine',
  now: 'Now',
  past: 'Past',
  open: 'Now: choose an instant of the past',
  change: 'The past is shown: choose another instant',
  title: 'Look at the fleet as it was',
  quick: 'How long ago',
  exact: 'Exactly at',
  future: 'That is in the future: nothing is known of it yet.',
  asOf: 'As of',
  what: 'What is on record of then is shown; what has no past is marked.',
  back: 'Back to now',
};

export const AGO = [
  { word: '1 hour ago', seconds: 3_600 },
  { word: '1 day ago', seconds: 86_400 },
  { word: '1 week ago', seconds: 604_800 },
  { word: '30 days ago', seconds: 2_592_000 },
] as const;
