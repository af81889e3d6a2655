import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

/** Writes file.gz beside every file worth compressing, so that the server never compresses on request. */
function precompressed() {
  let folder = '';
  return {
    name: 'precompressed',
    configResolved(config) {
      folder = config.build.outDir;
    },
    closeBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(html|js|css|svg|json)$/.test(entry.name)) continue;
        const file = join(entry.parentPath, entry.name);
        writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    // The content policy allows neither inline scripts nor data: scripts, so nothing may be inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // The notices of the libraries that travel inside the page.
    license: { fileName: 'licenses.md' },
  },
  // `npm run dev`: the page from its sources, the data from a running server.
  server: {
    proxy: Object.fromEntries(
      ['/api', '/dispositivos', '/datos-generadores', '/agregados'].map((path) => [
        path,
        process.env.VATIO_URL ?? 'http://127.0.0.1:8000',
      ]),
    ),
  },
  plugins: [precompressed()],
});
