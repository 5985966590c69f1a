import { problemText } from '../strings/en';

/** A failed request: the collector's problem document (RFC 9457), or none because it did not answer. */
export class Problem extends Error {
  readonly status: number;
  /** Stable; what code may compare. */
  readonly code: string;
  readonly title: string;
  /** Seconds to wait before another try, when the collector says so. */
  readonly retryAfter: number | undefined;

  constructor(init: { status: number; code: string; title: string; detail: string; retryAfter?: number }) {
    super(problemText(init.code) ?? (init.detail || init.title));
    this.name = 'Problem';
    this.status = init.status;
    this.code = init.code;
    this.title = init.title;
    this.retryAfter = init.retryAfter;
  }

  static unreachable(cause: unknown): Problem {
    const detail = cause instanceof Error ? cause.message : String(cause);
    return new Problem({ status: 0, code: 'unreachable', title: 'No answer', detail });
  }

  /** From what came back: a problem document, or whatever a proxy in between wrote instead. */
  static from(response: Response, body: unknown): Problem {
    const document = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
    const text = (name: string) => (typeof document[name] === 'string' ? document[name] : '');
    const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
    return new Problem({
      status: response.status,
      code: text('code') || `http_${response.status}`,
      title: text('title') || response.statusText || 'Error',
      detail: text('detail') || `The answer was ${response.status} ${response.statusText}`.trim(),
      retryAfter: Number.isFinite(wait) ? wait : undefined,
    });
  }
}
