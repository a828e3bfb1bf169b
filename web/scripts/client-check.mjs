// Whether src/api/schema.d.ts is what the OpenAPI document says.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "client-"));
try {
  const fresh = join(folder, "schema.d.ts");
  const tool = "node_modules/openapi-typescript/bin/cli.js";
  execFileSync(process.execPath, [tool, "../docs/reference/openapi.json", "-o", fresh], {
    stdio: "pipe",
  });
  if (readFileSync(fresh, "utf8") !== readFileSync("src/api/schema.d.ts", "utf8")) {
    console.error(
      "web/src/api/schema.d.ts is not of docs/reference/openapi.json: run `npm run client` in web/",
    );
    process.exit(1);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
