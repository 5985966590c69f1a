// What happens outside the browser is done by whoever runs a program of these: on a line `cue: WORDS` they do it, and
// answer with a line when it is done.
import { createInterface } from 'node:readline';

let answers;

/** Asks for it, and waits until it is done. */
export async function cue(words) {
  answers ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  console.log(`cue: ${words}`);
  const { done } = await answers.next();
  if (done) throw new Error(`nobody did “${words}”`);
}

/** Nothing more is asked for: the program may end. */
export const noMoreCues = () => process.stdin.destroy();
