// What the console takes over a large fleet, as figures beside their budgets. Nothing is asserted: machines differ.
//   OPENWATCH_URL, OPENWATCH_USER, OPENWATCH_PASSWORD   where, and as whom: somebody who may do everything
//   OPENWATCH_LIVE_S                                    for how long hosts change, when not for 30 s
import { openBrowser } from './browser.mjs';
import { exportFigures } from './measure/export.mjs';
import { liveFigures } from './measure/live.mjs';
import { loadFigures } from './measure/load.mjs';
import { mapFigures } from './measure/map.mjs';
import { routeFigures } from './measure/routes.mjs';
import { scrollFigures } from './measure/scroll.mjs';
import { Figures } from './measure/table.mjs';
import { watch } from './measure/watch.mjs';

const { OPENWATCH_URL: url, OPENWATCH_USER: user, OPENWATCH_PASSWORD: password } = process.env;
const PATIENCE_MS = 120_000;
const figures = new Figures();
const b = await openBrowser({ url, user, password });
b.context.setDefaultTimeout(PATIENCE_MS);
try {
  await b.signIn('/');
  await watch(b.context);
  const parts = [loadFigures, routeFigures, scrollFigures, mapFigures, liveFigures, exportFigures];
  for (const part of parts) {
    // One that cannot be measured hides none of the others.
    await part(b, figures).catch((error) => figures.missed(part.name, error));
  }
} finally {
  await b.close();
}
figures.print();
