import type { HostPosture } from '../api/posture';
import type { Standing } from './search/posture';

/**
 * Where a host is drawn. The API gives counts and no such word, so the bounds are said wherever the words stand:
 * failing is a failure of high or critical severity, warning one of lower severity, waived where each failure is.
 */
export function standing(host: HostPosture): Standing {
  if (host.silent) return 'silent';
  if (host.failed === 0) return host.passed > 0 ? 'passing' : 'unknown';
  if (host.waived >= host.failed) return 'waived';
  return host.failed_critical + host.failed_high > 0 ? 'failing' : 'warning';
}
