import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

test("what is missing is said with its remedy", () => {
  const script = 'const { missingForSandbox } = await import("@osm/sandbox"); console.log(missingForSandbox().join("\\n"))';
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: import.meta.dirname, env: { PATH: "/nowhere" }, encoding: "utf8" });
  expect(said).toContain("The command setpriv is missing: apt-get install util-linux");
  expect(said).toContain("The command bash is missing: apt-get install bash");
});
