import { cpSync, globSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { allComplete, openSandbox, runFolder, type FolderRun, type Pod } from "@osm/sandbox";
import { eventually, needs } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bookstoreImages } from "../src/bookstore/bookstore-images.ts";
import { readCounters, resetCounters } from "../src/bookstore/counters.ts";
import { findPostgres, postgresIn } from "../src/bookstore/postgres-server.ts";

const manifests = join(import.meta.dirname, "../../docs/example/manifests");
const apps = join(import.meta.dirname, "../src/apps");
const node = realpathSync(process.execPath);
const postgres = findPostgres({ env: process.env });
const log = { info: () => undefined, warn: (fields: object, message: string) => void warnings.push(`${message} ${JSON.stringify(fields)}`) };
const warnings: string[] = [];

/** Without sidecars nobody stands for a service's own address here: all services become headless. */
function makeHeadless(folder: string): void {
  for (const file of globSync(join(folder, "**/*.yaml"))) {
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(/^ {2}(?:clusterIP: None\n {2})?selector: \{/gm, "  clusterIP: None\n  selector: {"));
  }
}

needs("root", "netns", "ip", "iptables")("the apps of the bookstore", () => {
  let dir = "";
  let run: FolderRun;
  const opened = new AsyncDisposableStack();
  const signal = new AbortController().signal;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "bookstore-"));
    for (const folder of ["apps", "echo", "bookstore-v2"]) cpSync(join(manifests, folder), join(dir, "manifests", folder), { recursive: true });
    makeHeadless(join(dir, "manifests"));
    if (postgres.kind === "missing") rmSync(join(dir, "manifests/apps/database.yaml"));
    const sandbox = opened.use(await openSandbox({ dir, signal, log, envoyBin: "", share: [dirname(node), apps] }));
    const server = postgres.kind === "found" ? { postgres: postgresIn(postgres.bin, join(dir, "database")) } : {};
    const images = bookstoreImages({ node, apps, ...server, env: { CI_SLEEP_BETWEEN_REQUESTS_SECONDS: "0.05" } });
    run = opened.use(await runFolder({ sandbox, folders: [join(dir, "manifests")], images, log, signal }));
    await run.until(allComplete);
  });
  afterAll(async () => {
    await opened.disposeAsync();
    rmSync(dir, { recursive: true, force: true });
  });
  const podOf = (ref: string): Pod => {
    const [pod] = run.deployments().get(ref)?.pods ?? [];
    if (!pod) throw new Error(`no pod of ${ref}`);
    return pod;
  };
  const counted = async (ref: string) => (await readCounters(podOf(ref))).counters;

  test("sell, restock, and count", async () => {
    expect(warnings).toEqual([]);
    // It may have asked before the store was there.
    await resetCounters(podOf("bookbuyer/bookbuyer"));
    await eventually(async () => expect(await counted("bookbuyer/bookbuyer")).toMatchObject({ booksBought: expect.toSatisfy((n) => n >= 2), refused: 0 }));
    await eventually(async () => expect((await counted("bookthief/bookthief"))["booksStolen"]).toBeGreaterThan(0));
    await eventually(async () => expect((await counted("bookwarehouse/bookwarehouse"))["restocked"]).toBeGreaterThan(1));
    // Without a mesh callers take the first address of a name: all may go to one version.
    const restocked = async (version: string) => (await counted(`bookstore/bookstore-${version}`))["booksRestocked"] ?? 0;
    await eventually(async () => expect((await restocked("v1")) + (await restocked("v2"))).toBeGreaterThan(0));
  });

  test("say which version sold a book", async () => {
    const url = "http://bookstore-v2.bookstore:14001/buy-a-book/new";
    const script = "fetch(process.argv[1]).then((r) => console.log(r.status, r.headers.get('identity'), r.headers.get('booksbought')))";
    const { stdout } = await podOf("bookbuyer/bookbuyer").exec([node, "-e", script, url]);
    expect(stdout).toMatch(/^200 bookstore-v2 [1-9]\d*\n$/);
  });

  test("begin to count anew", async () => {
    const pod = podOf("bookstore/bookstore-v2");
    const before = (await readCounters(pod)).counters["booksSold"] ?? 0;
    await resetCounters(pod);
    expect((await readCounters(pod)).counters["booksSold"]).toBeLessThanOrEqual(before);
    expect(await pod.fetch({ port: 14_001, method: "GET", path: "/" })).toContain("<title>bookstore-v2</title>");
  });

  test.skipIf(postgres.kind === "missing")("keep the number of books in the database", async () => {
    await eventually(async () => expect((await counted("bookwarehouse/bookwarehouse"))["stored"]).toBeGreaterThan(1));
  });

  test("are greeted by a server that speaks first, which then echoes", async () => {
    await eventually(async () => expect(await counted("tcp-demo/tcp-client")).toMatchObject({ greetings: expect.toSatisfy((n) => n >= 1), echoes: expect.toSatisfy((n) => n >= 2) }));
    expect((await counted("tcp-demo/tcp-echo"))["greeted"]).toBeGreaterThan(0);
  });

  test("count a store that is away as refused", async () => {
    rmSync(join(dir, "manifests/apps/bookstore.yaml"));
    await run.until((all) => all.get("bookstore/bookstore-v1")?.complete === true && all.get("bookstore/bookstore-v1")?.replicas === 0);
    await eventually(async () => expect((await counted("bookbuyer/bookbuyer"))["refused"]).toBeGreaterThan(0));
  });
});
