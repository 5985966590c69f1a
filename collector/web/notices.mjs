// `npm run notices`: whose work the console contains, and on which terms, from the lock file and the
// texts that each package brings. Writes dist/third-party-notices.txt, which the console links to.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const RULE = `\n${'-'.repeat(80)}\n\n`;

/** Everything that is not for development alone: a few more than are bundled, and never fewer. */
function notices() {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const texts = Object.entries(packages)
    .filter(([path, { dev, optional }]) => path !== '' && !dev && !(optional && !existsSync(path)))
    .map(([path, { version, license }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      const files = readdirSync(path).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
      const found = files.map((file) => readFileSync(`${path}/${file}`, 'utf8').trim());
      if (!license && found.length === 0) throw new Error(`${name} says nothing of its licence`);
      return [`${name} ${version} (${license})`, ...found].join('\n\n');
    });
  const head = 'The OpenWatch console contains these works of others, each under its own terms.\n';
  return [head, ...new Set(texts)].join(RULE);
}

writeFileSync('dist/third-party-notices.txt', notices());
