// Browser tests against a running collector that serves the built console:
//   OPENWATCH_URL, OPENWATCH_USER, OPENWATCH_PASSWORD   where, and as whom
//   OPENWATCH_CHANGE_CMD   a command that changes a fact on the host looked at; without it those tests do not run
//   OPENWATCH_HOST         which host to look at, when not the first
//   OPENWATCH_SHOTS        a directory for pictures; none are taken without it
import assert from 'node:assert/strict';
import { openBrowser } from './browser.mjs';
import { enrolTests } from './enrol.mjs';
import { hostTests } from './host.mjs';
import { hostsTests } from './hosts.mjs';
import { lookTests } from './look.mjs';
import { signInTests } from './signin.mjs';

const { OPENWATCH_URL: url, OPENWATCH_USER: user, OPENWATCH_PASSWORD: password } = process.env;
if (!url || !user || !password) {
  console.error('OPENWATCH_URL, OPENWATCH_USER and OPENWATCH_PASSWORD must be set');
  process.exit(2);
}

const b = await openBrowser({ url: url.replace(/\/$/, ''), user, password });
try {
  await signInTests(b);
  await hostsTests(b);
  await hostTests(b);
  await enrolTests(b);
  await lookTests(b);
  await b.test('the page broke no policy and threw no error in the whole run', async () => {
    assert.deepEqual([...new Set(b.complaints)], []);
  });
} finally {
  await b.close();
}
console.log(`${b.passed} passed, ${b.failed} failed`);
process.exitCode = b.failed > 0 ? 1 : 0;
