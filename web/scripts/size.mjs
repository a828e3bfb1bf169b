// The JavaScript of the first view, compressed as it travels, against its budget.
// usage: node scripts/size.mjs [folder of the build]
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 250;
const folder = process.argv[2] ?? "../src/barograph/service/static";
const files = readdirSync(join(folder, "assets")).filter((name) => name.endsWith(".js"));
// Dialogs are fetched when they are opened; everything else is part of the first view.
const first = files.filter((name) => !/^(Dialogs|RecordView)/.test(name));
const sizes = first.map((name) => [
  name,
  gzipSync(readFileSync(join(folder, "assets", name))).length / 1000,
]);
const total = sizes.reduce((sum, [, size]) => sum + size, 0);
for (const [name, size] of sizes) console.log(`${size.toFixed(1).padStart(7)} kB  ${name}`);
console.log(`${total.toFixed(1).padStart(7)} kB  of ${BUDGET_KB} kB, gzip`);
if (sizes.length === 0 || total > BUDGET_KB) {
  console.error(
    `the first view takes ${total.toFixed(1)} kB of JavaScript; ${BUDGET_KB} kB are allowed: load what is not needed at once with import()`,
  );
  process.exit(1);
}
