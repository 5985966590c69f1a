import { expect, test } from 'vitest';
import type { AuditLine } from '../../api/audit';
import { NOTHING_YET, outcome, take } from './verification';

const begun: AuditLine = { begun: { checkpoints: 3, key: 'k' } };
const fault: AuditLine = {
  fault: { stream: 'change', what: 'changed', first: 4, last: 4, detail: 'its text was changed' },
};
const done = (faults: number): AuditLine => ({ done: { records: 9, faults, witnessed: { change: 8 } } });
const after = (...lines: AuditLine[]) => lines.reduce(take, NOTHING_YET);

test('an answer that ends with its sum and no fault says that the log is whole', () => {
  const said = after(begun, { walked: { records: 5 } }, done(0));
  expect(outcome(said)).toBe('whole');
  expect(said.walked).toBe(9);
  expect(said.begun?.checkpoints).toBe(3);
});

test('a fault is a fault, also when the answer is cut off after it', () => {
  expect(outcome(after(begun, fault, done(1)))).toBe('broken');
  expect(outcome(after(begun, fault))).toBe('broken');
  expect(outcome(after(begun, done(1)))).toBe('broken');
});

test('an answer without its last line proves nothing', () => {
  expect(outcome(after(begun, { walked: { records: 5 } }))).toBe('cut');
});

test('a line that is not known is passed over', () => {
  expect(take(NOTHING_YET, { more: 1 } as unknown as AuditLine)).toEqual(NOTHING_YET);
});
