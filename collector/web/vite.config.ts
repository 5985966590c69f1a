import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Below this a compressed copy saves less than its headers cost. */
const WORTH_COMPRESSING = 900;

/** Writes FILE.br and FILE.gz beside each text file; the collector picks one by Accept-Encoding. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    enforce: 'post',
    closeBundle() {
      for (const name of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
        const path = `dist/${name}`;
        if (!/\.(js|css|html|svg)$/.test(name) || statSync(path).size < WORTH_COMPRESSING) continue;
        const body = readFileSync(path);
        writeFileSync(
          `${path}.br`,
          brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
        );
        writeFileSync(`${path}.gz`, gzipSync(body, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), precompress()],
  // OPENWATCH_URL is a running collector (or the mock of `npm run mock`).
  server: {
    // The documents of the repository are a part of the console (src/pages/help).
    fs: { allow: ['.', '../../docs'] },
    proxy: { '/api': { target: process.env.OPENWATCH_URL ?? 'http://127.0.0.1:4700', secure: false } },
  },
  build: {
    target: 'es2023',
    // Nothing is inlined: the policy the collector sends allows no data: scripts, styles or fonts.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What changes only with its version stays in browsers' caches when the console changes.
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: 'kit', test: /node_modules\/(@mantine|@floating-ui|clsx|react-remove-scroll)\// },
          ],
        },
      },
    },
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'], setupFiles: ['src/test-setup.ts'] },
});
