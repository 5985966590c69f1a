// How hosts stand: the time machine, the overview, results and evidence, content, the map, metrics.
import { catalogueTests } from './posture/catalogue.mjs';
import { complianceTests } from './posture/compliance.mjs';
import { lookAtPostureTests } from './posture/look.mjs';
import { mapTests } from './posture/map.mjs';
import { metricsTests } from './posture/metrics.mjs';
import { overviewTests } from './posture/overview.mjs';
import { timeMachineTests } from './posture/timemachine.mjs';

export async function postureTests(b) {
  const host = await hostToLookAt(b);
  await timeMachineTests(b, host);
  await complianceTests(b, host);
  await overviewTests(b, host);
  await catalogueTests(b, host);
  await mapTests(b, host);
  await metricsTests(b, (await hostNamed(b, process.env.OPENWATCH_MEASURED_HOST)) ?? host);
  await lookAtPostureTests(b, host);
}

/** Results are told some minutes after a host joined; a fresh collector has to be waited for. */
const PATIENCE_MS = 240_000;

/** The host that is measured, where that is another: in a test, a tree of files is not busy. */
async function hostNamed(b, name) {
  if (!name) return undefined;
  const { items } = await b.page.evaluate(
    async (q) => (await fetch(`/api/v1/hosts?q=${encodeURIComponent(q)}`)).json(),
    name,
  );
  return items.find(({ hostname }) => hostname === name);
}

/** The host that OPENWATCH_HOST names, or the worst; once it has results. */
async function hostToLookAt(b) {
  const wanted = process.env.OPENWATCH_HOST;
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const hosts = await b.page.evaluate(async () => {
      const answer = await fetch('/api/v1/posture/hosts?limit=500');
      return (await answer.json()).items;
    });
    const found = hosts.find(({ host, failed }) => failed > 0 && (!wanted || host.hostname === wanted));
    if (found) return found.host;
    if (Date.now() > end) throw new Error(`no host ${wanted ?? ''} has told results that fail`);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
}
