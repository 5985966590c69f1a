// Browser tests of families of pages, against a running collector that serves the built console:
//   node e2e/pages.mjs FAMILY…   all of them when none is named
//   OPENWATCH_URL, OPENWATCH_USER, OPENWATCH_PASSWORD   where, and as whom: somebody who may do everything
//   OPENWATCH_CHANGE_CMD   a command that changes a fact on the host looked at; without it those tests do not run
//   OPENWATCH_HOST         which host to look at, when not the first
//   OPENWATCH_SHOTS        a directory for pictures; none are taken without it
//   OPENWATCH_FAMILY       a family, in place of the names
//   OPENWATCH_PATIENCE_MS  how long to wait for what a page does, where a machine has other work as well
import assert from 'node:assert/strict';
import { openBrowser } from './browser.mjs';
import { decideTests } from './decide.mjs';
import { governTests } from './govern.mjs';
import { postureTests } from './posture.mjs';
import { retentionTests } from './retention.mjs';

const FAMILIES = {
  posture: postureTests,
  decide: decideTests,
  govern: governTests,
  retention: retentionTests,
};

const { OPENWATCH_URL: url, OPENWATCH_USER: user, OPENWATCH_PASSWORD: password } = process.env;
if (!url || !user || !password) {
  console.error('OPENWATCH_URL, OPENWATCH_USER and OPENWATCH_PASSWORD must be set');
  process.exit(2);
}
const { OPENWATCH_FAMILY: family } = process.env;
const named = family ? [family] : process.argv.slice(2);
const unknown = named.filter((name) => !(name in FAMILIES));
if (unknown.length > 0) {
  console.error(`there is no family ${unknown.join(', ')}; there is ${Object.keys(FAMILIES).join(', ')}`);
  process.exit(2);
}

const b = await openBrowser({ url: url.replace(/\/$/, ''), user, password });
const patience = Number(process.env.OPENWATCH_PATIENCE_MS ?? 20_000);
b.context.setDefaultTimeout(patience);
try {
  await b.signIn();
  for (const [name, tests] of Object.entries(FAMILIES)) {
    if (named.length === 0 || named.includes(name)) await tests(b);
  }
  await b.test('the pages broke no policy and threw no error in the whole run', async () => {
    assert.deepEqual([...new Set(b.complaints)], []);
  });
} finally {
  await b.close();
}
console.log(`${b.passed} passed, ${b.failed} failed`);
process.exitCode = b.failed > 0 ? 1 : 0;
