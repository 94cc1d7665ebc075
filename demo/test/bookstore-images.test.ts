import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ManifestContainer } from "@osm/sandbox";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bookstoreImages } from "../src/bookstore/bookstore-images.ts";
import { findPostgres, unprivileged } from "../src/bookstore/postgres-server.ts";

const container: ManifestContainer = { name: "any", image: "", command: [], args: [], env: [], ports: [] };
const apps = join(import.meta.dirname, "../src/apps");
const postgres = { bin: "/pg/bin", stateDir: "/state", user: 101 };

test("knows a program for each image of the manifests", () => {
  const images = bookstoreImages({ node: "/bin/node", apps, postgres, env: { A: "1" } });
  for (const app of ["bookbuyer", "bookthief", "bookstore", "bookwarehouse", "tcp-echo", "tcp-client"]) {
    const command = images(`ghcr.io/open-service-mesh/demo-${app}:v2`, container);
    expect(command).toEqual({ argv: ["/bin/node", join(apps, `${app}.mjs`)], env: { A: "1" } });
    expect(existsSync(command?.argv[1] ?? "")).toBe(true);
  }
  expect(images("docker.io/library/postgres:15", container)).toEqual({
    argv: ["/bin/node", join(apps, "database.mjs")], env: { POSTGRES_BIN: "/pg/bin", STATE_DIR: "/state" }, user: 101,
  });
});

test("knows nothing of other images, nor of a database that is not installed", () => {
  const images = bookstoreImages({ node: "/bin/node", apps });
  for (const image of ["nginx:1", "ghcr.io/open-service-mesh/demo-shopper:v2", "example.org/demo-bookstore:v2", "postgres:15"]) expect(images(image, container)).toBeUndefined();
});

let debian = "";
beforeEach(() => void (debian = mkdtempSync(join(tmpdir(), "postgresql-"))));
afterEach(() => rmSync(debian, { recursive: true }));
const install = (version: string) => {
  mkdirSync(join(debian, version, "bin"), { recursive: true });
  for (const program of ["initdb", "postgres"]) writeFileSync(join(debian, version, "bin", program), "");
};

test("takes the newest PostgreSQL, or the one it is pointed to", () => {
  for (const version of ["9", "15", "10"]) install(version);
  expect(findPostgres({ env: {}, debian })).toEqual({ kind: "found", bin: join(debian, "15/bin") });
  const bin = join(debian, "9/bin");
  expect(findPostgres({ env: { POSTGRES_BIN: bin }, debian })).toEqual({ kind: "found", bin });
});

test("says what to install where there is none, and on CI may not do without", () => {
  expect(findPostgres({ env: {}, debian })).toMatchObject({ kind: "missing", words: expect.stringContaining("apt install postgresql") });
  expect(() => findPostgres({ env: { CI: "true" }, debian })).toThrow("apt install postgresql");
});

test("runs it as a user that has a name, never as root", () => {
  expect(unprivileged("root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\npostgres:x:101:104::/:/bin/sh\n")).toBe(101);
  expect(unprivileged("root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n")).toBe(65_534);
  expect(() => unprivileged("root:x:0:0::/root:/bin/sh\n")).toThrow("no user postgres or nobody");
});
