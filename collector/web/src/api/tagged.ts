/** What others may change meanwhile: the thing, and the tag under which it is changed. */
import { unwrap } from './client';
import { Problem } from './problem';

export type Tagged<T> = { value: T; tag: string | undefined };

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The data of an answer with its `ETag`. */
export async function tagged<T>(request: Promise<Answer<T>>): Promise<Tagged<T>> {
  const value = await unwrap(request);
  const { response } = await request;
  return { value, tag: response.headers.get('etag') ?? undefined };
}

/** Whether somebody else was first. */
export const isConflict = (error: unknown): boolean =>
  error instanceof Problem && error.code === 'precondition_failed';
