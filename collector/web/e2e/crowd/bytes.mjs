import assert from 'node:assert/strict';
import { firstLoad } from './weight.mjs';

const KB = 1000;

/** What comes over the wire, as the collector sends it. */
export async function weightTests(b) {
  await b.test('the first load is within its budget of bytes, and so is its largest part', async () => {
    const parts = await firstLoad(b);
    const sum = parts.reduce((all, { bytes }) => all + bytes, 0);
    const [largest] = parts.sort((a, c) => c.bytes - a.bytes);
    console.log(
      `note first load ${(sum / KB).toFixed(1)} KB brotli of ${parts.length} files; largest ${largest.path}, ${(largest.bytes / KB).toFixed(1)} KB`,
    );
    assert.ok(parts.length >= 2, 'a script and a style sheet');
    for (const { path, encoding } of parts) assert.equal(encoding, 'br', path);
    assert.ok(sum <= 220 * KB, `${sum} bytes`);
    assert.ok(largest.bytes <= 130 * KB, `${largest.path} has ${largest.bytes} bytes`);
  });
}
