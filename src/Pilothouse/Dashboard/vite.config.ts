import { defineConfig } from 'vite'

// The server puts its prefix into <base>, so everything in the page is named relative to it.
export default defineConfig({
  base: './',
  build: { outDir: process.env.DASHBOARD_OUT ?? '../obj/dashboard/page', emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false, rolldownOptions: { checks: { bundlerTimings: false } } },
  worker: { format: 'es' },
  server: { port: 4612, strictPort: true, proxy: Object.fromEntries(['/api', '/health', '/docs'].map((path) => [path, process.env.PILOTHOUSE ?? 'http://127.0.0.1:3000'])) },
})
