import { createContext, useContext } from 'react';

/** Does something; when a proof is asked for that it is still the same person, asks them and does it then. */
export type Prove = <T>(act: () => Promise<T>) => Promise<T>;

/** Outside the shell nobody can be asked. */
export const ProveContext = createContext<Prove>((act) => act());

export const useProve = (): Prove => useContext(ProveContext);
