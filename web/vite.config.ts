/// <reference types="vitest/config" />
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.TASKGATE_URL ?? "http://127.0.0.1:3000";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    host: "127.0.0.1",
    port: 5173,
    proxy: {
      // The page's own host is passed on: the server takes cookies from its own pages only.
      "/api": { target: server, changeOrigin: false },
      "/socket.io": { target: server, changeOrigin: false, ws: true },
    },
  },
  build: {
    target: "es2022",
    // The content security policy allows no data: scripts or fonts; every asset is a file of its own.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  test: {
    restoreMocks: true,
    // Generous: the tests may share their machine with a compiler.
    testTimeout: 60_000,
    css: false,
    projects: [
      { extends: true, test: { name: "logic", environment: "node", include: ["src/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "pages",
          environment: "jsdom",
          include: ["src/**/*.test.tsx"],
          setupFiles: ["src/test/setup.ts"],
        },
      },
    ],
  },
});
