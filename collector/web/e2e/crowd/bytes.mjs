import assert from 'node:assert/strict';
import { everyPart, firstLoad } from './weight.mjs';

const KB = 1000;
const FIRST_KB = 220;
const CHUNK_KB = 130;

/** What comes over the wire, as the collector sends it. */
export async function weightTests(b) {
  await b.test('the first load is within its budget of bytes', async () => {
    const parts = await firstLoad(b);
    const sum = parts.reduce((all, { bytes }) => all + bytes, 0);
    console.log(`note first load ${(sum / KB).toFixed(1)} KB brotli of ${parts.length} files`);
    assert.ok(parts.length >= 2, 'a script and a style sheet');
    for (const { path, encoding } of parts) assert.equal(encoding, 'br', path);
    assert.ok(sum <= FIRST_KB * KB, `${sum} bytes`);
  });

  await b.test('no part of the console is larger than its budget', async () => {
    const parts = await everyPart(b);
    const [largest] = parts.sort((a, c) => c.bytes - a.bytes);
    console.log(
      `note largest of ${parts.length} parts ${largest.path}, ${(largest.bytes / KB).toFixed(1)} KB brotli`,
    );
    for (const { path, status } of parts) assert.equal(status, 200, path);
    // What is too small to be worth it is sent as it is.
    assert.equal(largest.encoding, 'br');
    assert.ok(
      largest.bytes > KB && largest.bytes <= CHUNK_KB * KB,
      `${largest.path} has ${largest.bytes} bytes`,
    );
  });
}
