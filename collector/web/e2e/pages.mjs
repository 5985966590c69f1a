// Browser tests of families of pages against a running collector that serves the built console:
//   node e2e/pages.mjs FAMILY…   all of them without a name; the environment is as for run.mjs, and
//   OPENWATCH_PATIENCE_MS        how long to wait for what a page does, where a machine has other work as well
import assert from 'node:assert/strict';
import { openBrowser } from './browser.mjs';
import { governTests } from './govern.mjs';

const FAMILIES = { govern: governTests };

const { OPENWATCH_URL: url, OPENWATCH_USER: user, OPENWATCH_PASSWORD: password } = process.env;
if (!url || !user || !password) {
  console.error('OPENWATCH_URL, OPENWATCH_USER and OPENWATCH_PASSWORD must be set');
  process.exit(2);
}
const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in FAMILIES));
if (unknown.length > 0) {
  console.error(`no such family: ${unknown.join(', ')}; there are: ${Object.keys(FAMILIES).join(', ')}`);
  process.exit(2);
}

const b = await openBrowser({ url: url.replace(/\/$/, ''), user, password });
const patience = Number(process.env.OPENWATCH_PATIENCE_MS ?? 10_000);
b.context.setDefaultTimeout(patience);
try {
  await b.signIn('/hosts');
  for (const name of names.length > 0 ? names : Object.keys(FAMILIES)) await FAMILIES[name](b);
  await b.test('the pages broke no policy and threw no error', async () => {
    assert.deepEqual([...new Set(b.complaints)], []);
  });
} finally {
  await b.close();
}
console.log(`${b.passed} passed, ${b.failed} failed`);
process.exitCode = b.failed > 0 ? 1 : 0;
