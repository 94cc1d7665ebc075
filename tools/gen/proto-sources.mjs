import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const trees = ["envoy-api", "xds", "googleapis", "protoc-gen-validate"];

/**
 * Copies protos and all they import into one folder.
 * @throws Error when an import is in none of the trees, naming the file that wants it.
 */
export function copyClosure(roots, deps, into) {
  const pending = roots.map((path) => ({ path, wantedBy: "the list of roots" }));
  const copied = new Set();
  for (const { path, wantedBy } of pending) {
    if (copied.has(path) || isBuiltIn(path)) continue;
    copied.add(path);
    const text = amended(path, readFileSync(located(deps, path, wantedBy), "utf8"));
    write(join(into, path), text);
    for (const [, imported] of text.matchAll(/^import\s+(?:public\s+)?"([^"]+)"/gm)) {
      pending.push({ path: imported, wantedBy: path });
    }
  }
}

function isBuiltIn(path) {
  return path.startsWith("google/protobuf/");
}

function located(deps, path, wantedBy) {
  const found = trees.map((tree) => join(deps, tree, path)).find((candidate) => existsSync(candidate));
  if (!found) throw new Error(`${path}, wanted by ${wantedBy}, is not among the shipped protos`);
  return found;
}

// The shipped rules are older than the protos that use them: without this field no compiler reads those.
function amended(path, text) {
  if (path !== "validate/validate.proto" || text.includes("bool ignore_empty")) return text;
  return text.replace(/^message StringRules \{/m, "$&\n  optional bool ignore_empty = 26;");
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
