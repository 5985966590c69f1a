/** Words that all pages of settings share. */
export const listText = {
  loading: (what: string) => `Loading the ${what}`,
  listOf: (what: string) => `List of ${what}`,
  more: (what: string) => `Show more ${what}`,
  failed: (what: string) => `The ${what} did not load`,
  forbidden: (what: string) => `You may not see the ${what}`,
  whomToAsk: 'Somebody who manages roles can change that.',
  denied: 'You may not see this',
  deniedWhy: (why: string) => `Somebody who manages roles can change that: ${why}.`,
  missing: (what: string) => `There is no such ${what}`,
  missingWhy: 'It may have been deleted, or be outside of what you may see.',
  actions: 'Actions',
  clear: 'Clear all filters',
};

export const saveText = {
  save: 'Save',
  saved: 'Saved',
  conflict:
    'Somebody else changed this since you opened it. Nothing of yours was saved. Look at how it is now before you change it again.',
  showNow: 'Show how it is now',
  unknown: '–',
  cancel: 'Cancel',
  edit: 'Change',
  remove: 'Delete',
  yes: 'Yes',
  no: 'No',
  everything: 'Everything',
  never: 'Never',
  none: 'None',
  all: 'All',
  any: 'Any',
};

export const pickText = {
  remove: (name: string) => `Choose another than ${name}`,
  found: 'Hosts that match',
  none: 'No host matches.',
};
