import { readFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { defineConfig, type Plugin } from 'vite';

/** Every file a second and a third time as browsers ask for it, so that nobody compresses while somebody waits. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  enforce: 'post',
  generateBundle(_, bundle) {
    for (const [fileName, file] of Object.entries(bundle)) {
      if (!fileName.startsWith('assets/')) continue;
      const content = Buffer.from(file.type === 'chunk' ? file.code : file.source);
      this.emitFile({ type: 'asset', fileName: `${fileName}.gz`, source: gzipSync(content, { level: 9 }) });
      this.emitFile({ type: 'asset', fileName: `${fileName}.br`, source: brotliCompressSync(content) });
    }
  },
};

/** What every document has: `<!-- shared/head.html -->` stands for that file. */
const parts: Plugin = {
  name: 'parts',
  transformIndexHtml: {
    order: 'pre', // so that Vite finds the files that a part names
    handler: (html) =>
      html.replace(/<!-- (shared\/[\w-]+\.html) -->/g, (_, part: string) =>
        readFileSync(`${import.meta.dirname}/${part}`, 'utf8').trim(),
      ),
  },
};

const pages = ['admin/index', 'admin/off', 'inbox/index', 'inbox/off'];

export default defineConfig({
  plugins: [parts, compressed],
  build: {
    outDir: '../../../dist-pages',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // the policy allows files of this server, and no data: addresses
    modulePreload: { polyfill: false },
    rollupOptions: { input: pages.map((page) => `${import.meta.dirname}/${page}.html`) },
  },
  // `npm run pages:dev`: the API of a program that runs beside it.
  server: { proxy: { '/v1': { target: 'http://127.0.0.1:3000', changeOrigin: false } } },
});
