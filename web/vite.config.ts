import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The service that answers in development: `BAROGRAPH_API=http://127.0.0.1:8000 npm run dev`.
const api = process.env["BAROGRAPH_API"] ?? "http://127.0.0.1:8000";
const routes = [
  "predict",
  "chance",
  "explain",
  "market-data",
  "ghosts",
  "scores",
  "health",
  "ready",
];

export default defineConfig({
  plugins: [react()],
  base: "./",
  build: {
    outDir: process.env["BAROGRAPH_WEB_OUT"] ?? "../src/barograph/service/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  server: {
    proxy: {
      ...Object.fromEntries(routes.map((route) => [`/${route}`, { target: api }])),
      "/ws": { target: api, ws: true },
    },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test-setup.ts"],
    restoreMocks: true,
  },
});
