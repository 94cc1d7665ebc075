import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRoot } from "@osm/ca";
import { readCertificate } from "@osm/pki";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const now = 1_800_000_000;
let home = "";
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "osm-ca-"));
});
afterEach(async () => {
  await rm(home, { recursive: true });
});

const inHome = (create: boolean, name = "root") => ({ path: join(home, name), create, trustDomain: "cluster.local", now });

describe("the root's folder", () => {
  test("is made once and read again", async () => {
    const made = await openRoot(inHome(true));
    const read = await openRoot({ ...inHome(true), now: now + 1000 });
    expect(read.issuer).toBe(made.issuer);
    expect((await openRoot(inHome(false))).certPem).toBe(made.certPem);
    expect(readCertificate(made.certPem)).toMatchObject({ isCa: true, uris: ["spiffe://cluster.local"], notAfter: now + 3650 * 86_400 });
  });
  test("is its owner's alone, and leaves no draft behind", async () => {
    await openRoot(inHome(true));
    expect(await readdir(home)).toEqual(["root"]);
    expect((await stat(join(home, "root"))).mode & 0o777).toBe(0o700);
    expect((await stat(join(home, "root", "ca.key"))).mode & 0o777).toBe(0o600);
  });
  test("may be there already, and empty", async () => {
    await mkdir(join(home, "root"));
    expect((await openRoot(inHome(true))).issuer).toBe((await openRoot(inHome(false))).issuer);
  });
  test("is the same for all who find none at once", async () => {
    const roots = await Promise.all(Array.from({ length: 5 }, () => openRoot(inHome(true))));
    expect(new Set(roots.map((root) => root.issuer)).size).toBe(1);
    expect(await readdir(home)).toEqual(["root"]);
  });
  test("is read whole by who looks while another puts it in place", async () => {
    for (const name of Array.from({ length: 60 }, (_, index) => `root-${index}`)) {
      const made = openRoot(inHome(true, name));
      let put = false;
      void made.then(() => (put = true));
      const seen: string[] = [];
      while (!put) seen.push(await openRoot(inHome(false, name)).then(({ issuer }) => issuer, String));
      const { issuer } = await made;
      expect(new Set(seen.filter((each) => each !== issuer && !each.includes("are missing")))).toEqual(new Set());
    }
  });
  test("is not made unasked", async () => {
    await expect(openRoot(inHome(false))).rejects.toThrow("ca.crt and ca.key are missing");
    expect(await readdir(home)).toEqual([]);
  });
  test.each(["ca.crt", "ca.key"])("is left as it is when %s is missing", async (missing) => {
    await openRoot(inHome(true));
    await rm(join(home, "root", missing));
    await expect(openRoot(inHome(true))).rejects.toThrow("half a root");
    expect(await readdir(join(home, "root"))).toEqual(["ca.crt", "ca.key"].filter((name) => name !== missing));
  });
  test("is refused when its key is another's", async () => {
    await openRoot(inHome(true));
    await openRoot(inHome(true, "other"));
    await writeFile(join(home, "root", "ca.key"), await readFile(join(home, "other", "ca.key")));
    await expect(openRoot(inHome(true))).rejects.toMatchObject({ name: "PkiError", code: "KeyRefused" });
  });
});
