import type { Evidence, Outcome } from '../api/posture';

/** What one check saw, as plain text: for the page and for the clipboard alike. */
export function evidenceText(evidence: Evidence): string {
  const left = evidence.offenders_total - evidence.offenders.length;
  const lines = [`check: ${evidence.check} (${evidence.status})`];
  if (evidence.read.length > 0) lines.push(...block('read', evidence.read.join('\n')));
  if (evidence.expected) lines.push(...block('expected', evidence.expected));
  if (evidence.actual) lines.push(...block('actual', evidence.actual));
  if (evidence.offenders.length > 0) {
    lines.push(...block('otherwise', evidence.offenders.join('\n')));
    if (left > 0) lines.push(`  (${left} more are not named)`);
  }
  return lines.join('\n');
}

function block(name: string, text: string): string[] {
  return text.includes('\n')
    ? [`${name}:`, ...text.split('\n').map((line) => `  ${line}`)]
    : [`${name}: ${text}`];
}

/** All of a result's evidence, with what is needed to know what it is of. */
export function outcomeText(host: string, rule: string, outcome: Outcome): string {
  const values = Object.entries(outcome.values).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return [
    `host: ${host}`,
    `rule: ${rule}`,
    `verdict: ${outcome.status}`,
    `because: ${outcome.because}`,
    `since: ${outcome.valid_from}`,
    ...(outcome.valid_to ? [`until: ${outcome.valid_to}`] : []),
    `content: ${outcome.content}`,
    ...(values.length > 0 ? block('values', values.join('\n')) : []),
    ...outcome.evidence.flatMap((each) => ['', evidenceText(each)]),
    ...(outcome.truncated ? ['', 'Evidence was left out because it was too long.'] : []),
    '',
  ].join('\n');
}
