// A day with a fleet: something drifts and is accepted for a while, alerts are gone through, a host is held against
// itself, a rollout is paused, old packages are found, and changes come while one looks.
//   OPENWATCH_URL, OPENWATCH_USER, OPENWATCH_PASSWORD     where, and as whom: somebody who may do everything
//   OPENWATCH_APPROVER, OPENWATCH_APPROVER_PASSWORD       somebody who decides on exceptions
//   OPENWATCH_HOST, OPENWATCH_FIXED_VERSION               the host that is worked on; the openssl that is well
//   OPENWATCH_SHOTS, OPENWATCH_PATIENCE_MS                as for pages.mjs
// Cues: `weaken`, `mend` and `update` change the host; `halt` and `resume` are about the collector; in a `month` time
// has passed.
import assert from 'node:assert/strict';
import { aHost } from './ask.mjs';
import { openBrowser } from './browser.mjs';
import { noMoreCues } from './cue.mjs';
import { triageTests } from './walk/alerts.mjs';
import { acceptTests, expiryTests } from './walk/drift.mjs';
import { fleetTests } from './walk/fleet.mjs';
import { liveTests } from './walk/live.mjs';

const { OPENWATCH_URL: url, OPENWATCH_USER: user, OPENWATCH_PASSWORD: password } = process.env;
const b = await openBrowser({ url, user, password });
b.context.setDefaultTimeout(Number(process.env.OPENWATCH_PATIENCE_MS ?? 20_000));
try {
  await b.signIn('/');
  const host = await aHost(b);
  await acceptTests(b, host);
  await triageTests(b);
  await fleetTests(b, host);
  await liveTests(b, host);
  await expiryTests(b, host);
  await b.test('the pages broke no policy and threw no error in the whole run', async () => {
    assert.deepEqual([...new Set(b.complaints)], []);
  });
} finally {
  await b.close();
  noMoreCues();
}
console.log(`${b.passed} passed, ${b.failed} failed`);
process.exitCode = b.failed > 0 ? 1 : 0;
