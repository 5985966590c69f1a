import { useSearch } from '@tanstack/react-router';

/** The instant that is looked at, as the time machine in the header set it; undefined is now. */
export const useAt = (): string | undefined => useSearch({ strict: false, select: (search) => search.at });
