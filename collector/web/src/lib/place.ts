/** Where an expression is wrong, as the collector says it: line and column, counted from one. */
export type Place = { line: number; column: number };

/** The place that a message names at its end, `… (line 2, column 5)`; null if it names none. */
export function placeIn(message: string): Place | null {
  const [, line, column] = /\(line (\d+), column (\d+)\)/.exec(message) ?? [];
  return line && column ? { line: Number(line), column: Number(column) } : null;
}

/** Whether a refusal is about a place in an expression, which is then shown there. */
export const isAtPlace = (error: Error | null): error is Error =>
  error !== null && placeIn(error.message) !== null;
