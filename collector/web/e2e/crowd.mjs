// A fleet that no page can hold. What is asserted here depends on no machine's speed; measure.mjs has the figures.
//   OPENWATCH_URL, OPENWATCH_USER, OPENWATCH_PASSWORD   where, and as whom: somebody who may do everything
//   OPENWATCH_SHOTS, OPENWATCH_PATIENCE_MS              as for pages.mjs
import assert from 'node:assert/strict';
import { openBrowser } from './browser.mjs';
import { weightTests } from './crowd/bytes.mjs';
import { choiceTests } from './crowd/choice.mjs';
import { filterTests } from './crowd/filter.mjs';
import { crowdLiveTests } from './crowd/live.mjs';
import { crowdMapTests } from './crowd/map.mjs';
import { scrollTests } from './crowd/scroll.mjs';

const { OPENWATCH_URL: url, OPENWATCH_USER: user, OPENWATCH_PASSWORD: password } = process.env;
const b = await openBrowser({ url, user, password });
b.context.setDefaultTimeout(Number(process.env.OPENWATCH_PATIENCE_MS ?? 20_000));
try {
  await b.signIn('/');
  await weightTests(b);
  await scrollTests(b);
  await filterTests(b);
  await choiceTests(b);
  await crowdLiveTests(b);
  await crowdMapTests(b);
  await b.test('the pages broke no policy and threw no error in the whole run', async () => {
    assert.deepEqual([...new Set(b.complaints)], []);
  });
} finally {
  await b.close();
}
console.log(`${b.passed} passed, ${b.failed} failed`);
process.exitCode = b.failed > 0 ? 1 : 0;
