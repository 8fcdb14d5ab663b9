// Builds the app, then the service worker with the list of files that make up the app's shell.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { build, type Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Everything in dist that the phone must have to open without a network. */
function shellFiles(folder: string, under = ""): { url: string; revision: string }[] {
  return readdirSync(join(folder, under), { withFileTypes: true })
    .flatMap((entry) => {
      const path = under === "" ? entry.name : `${under}/${entry.name}`;
      if (path === "starts") return []; // an iPhone keeps its own when the app is put on its screen
      if (entry.isDirectory()) return shellFiles(folder, path);
      if (entry.name === "sw.js" || entry.name.endsWith(".map")) return [];
      const revision = createHash("sha256").update(readFileSync(join(folder, path))).digest("hex").slice(0, 16);
      return [{ url: `/${path}`, revision }];
    })
    .sort((one, other) => one.url.localeCompare(other.url));
}

/** Written after the app, because the worker has to know the names the app's files were given. */
function serviceWorker(): Plugin {
  return {
    name: "varde-service-worker",
    apply: "build",
    async closeBundle() {
      const shell = shellFiles(join(import.meta.dirname, "dist"));
      await build({
        configFile: false,
        logLevel: "warn",
        publicDir: false,
        define: { __SHELL__: JSON.stringify(shell) },
        build: {
          outDir: "dist",
          emptyOutDir: false,
          target: "es2022",
          rolldownOptions: {
            input: "src/sw/service-worker.ts",
            output: { entryFileNames: "sw.js", format: "iife" },
          },
        },
      });
    },
  };
}

export default defineConfig({
  plugins: [react(), serviceWorker()],
  build: { target: ["es2022", "safari16.4"], assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"], setupFiles: ["src/test-setup.ts"], css: false },
});
