/** Builds the page into a folder: node build.mjs [FOLDER]; default dist. With "tests FOLDER", the tests instead. */

import { cpSync, mkdirSync, rmSync } from "node:fs";
import { build } from "esbuild";

const [what, place] = process.argv[2] === "tests" ? ["tests", process.argv[3]] : ["page", process.argv[2]];
const folder = place ?? (what === "tests" ? "dist-tests" : "dist");
const common = { bundle: true, outdir: folder, target: "es2022", logLevel: "warning", legalComments: "linked" };

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
if (what === "tests") {
  await build({ ...common, entryPoints: ["tests/numbers.test.ts"], platform: "node", format: "esm", outExtension: { ".js": ".mjs" } });
} else {
  // LiteRT loads its own code with importScripts, which only workers of the classic kind have: no module formats.
  const entryPoints = ["src/app.ts", "src/generator.worker.ts", "src/detector.worker.ts", "src/room.worker.ts", "src/service_worker.ts"];
  await build({ ...common, entryPoints, format: "iife", minify: true });
  cpSync("static", folder, { recursive: true });
  for (const kind of ["", "_compat"]) {
    for (const part of ["js", "wasm"]) {
      const file = `litert_wasm${kind}_internal.${part}`;
      cpSync(`node_modules/@litertjs/core/wasm/${file}`, `${folder}/litert/${file}`);
    }
  }
}
