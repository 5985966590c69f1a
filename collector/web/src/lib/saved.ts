import { createContext } from 'react';

/** Whether what a form says was saved, which outlives the form itself: it begins anew with the answer. */
export type Saved = { saved: boolean; note: (saved: boolean) => void };

export const SavedContext = createContext<Saved>({ saved: false, note: () => {} });
