import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeArchive, writeImage } from "../images/archive.ts";
import { buildImages } from "../images/build-images.ts";
import { top } from "../images/places.ts";
import { serviceRun } from "../images/recipes.ts";
import { runTool } from "../images/run-tool.ts";
import { nodePrograms, nodeSettings } from "../cluster/node/settings.ts";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "osm-images-"));
});
afterEach(async () => await rm(dir, { recursive: true }));

async function layer(name: string, text: string): Promise<string> {
  await mkdir(join(dir, name), { recursive: true });
  await writeFile(join(dir, name, "file"), text);
  return join(dir, name);
}

describe("an image archive", () => {
  test("is an OCI layout whose parts are named by their digests", async () => {
    const layers = [await layer("base", "one"), await layer("app", "two")];
    const { file } = await writeImage({ ref: "localhost/osm:1", layers, entrypoint: ["/app"], user: "1000:1000" }, join(dir, "image.tar"));
    const unpacked = join(dir, "unpacked");
    await mkdir(unpacked);
    await runTool("tar", ["-xf", file, "-C", unpacked]);
    const blob = async (digest: string): Promise<string> => await readFile(join(unpacked, "blobs", digest.replace(":", "/")), "utf8");
    const index = JSON.parse(await readFile(join(unpacked, "index.json"), "utf8"));
    expect(index.manifests[0].annotations["io.containerd.image.name"]).toBe("localhost/osm:1");
    const manifest = JSON.parse(await blob(index.manifests[0].digest));
    const config = JSON.parse(await blob(manifest.config.digest));
    expect(config.config).toMatchObject({ User: "1000:1000", Entrypoint: ["/app"] });
    expect(config.rootfs.diff_ids).toEqual(manifest.layers.map((each: { digest: string }) => each.digest));
    for (const { digest } of [...manifest.layers, manifest.config]) {
      expect((await runTool("sha256sum", [join(unpacked, "blobs", digest.replace(":", "/"))])).split(" ")[0]).toBe(digest.slice("sha256:".length));
    }
    expect(await blob(manifest.layers[1].digest)).toContain("two");
  });

  test("of several images holds what they share once", async () => {
    const [base, one, two] = [await layer("base", "shared"), await layer("one", "first"), await layer("two", "second")];
    const plan = { entrypoint: ["/app"], user: "0" };
    const { file } = await writeArchive([{ ...plan, ref: "localhost/one:1", layers: [base, one] }, { ...plan, ref: "localhost/two:2", layers: [base, two] }], join(dir, "both.tar"));
    const names = (await runTool("tar", ["-tf", file])).split("\n");
    // Three layers, a configuration and a manifest of each image.
    expect(names.filter((name) => /sha256\/\w/.test(name))).toHaveLength(7);
    const index = JSON.parse(await runTool("tar", ["-xOf", file, "./index.json"]));
    expect(index.manifests.map((each: { annotations: object }) => Object.values(each.annotations))).toEqual([["localhost/one:1", "1"], ["localhost/two:2", "2"]]);
  });

  test("is the same bytes for the same files, whenever they were written", async () => {
    const plan = { ref: "localhost/osm:1", layers: [await layer("base", "one")], entrypoint: ["/app"], user: "0" };
    await writeImage(plan, join(dir, "first.tar"));
    await utimes(join(dir, "base", "file"), 1_000_000, 1_000_000);
    await writeImage(plan, join(dir, "second.tar"));
    expect(await readFile(join(dir, "second.tar"))).toEqual(await readFile(join(dir, "first.tar")));
  });

  test("of an unknown name is refused with the names that there are", async () => {
    await expect(buildImages({ registry: "localhost", names: ["osm-nothing"], programs: {}, into: dir })).rejects.toThrow(/osm-nothing; there are osm-watcher, .*osm-init/);
  });

  test("of a program that is missing is refused with the variable that may name it", async () => {
    await expect(buildImages({ registry: "localhost", names: ["nats"], programs: {}, into: dir })).rejects.toThrow("set NATS_SERVER_BIN");
  });
});

describe("an image of a service", () => {
  test("runs as its Dockerfile says", async () => {
    const lines = (await readFile(join(top, "deploy/images/service.Dockerfile"), "utf8")).split("\n");
    const said = (word: string): readonly string[] => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
    expect({
      entrypoint: JSON.parse(said("ENTRYPOINT").join()), user: said("USER").join(), env: said("ENV").map((line) => line.replaceAll('"', "")), workingDir: said("WORKDIR").at(-1),
    }).toEqual(serviceRun);
  });

  test("has an environment in which Node starts: of some arguments it takes none from there", async () => {
    const settings = ["PATH=/nowhere", ...(serviceRun.env ?? [])];
    expect(await runTool("env", ["-i", ...settings, process.execPath, "-p", "process.env.NODE_OPTIONS"])).toBe("--max-semi-space-size=8\n");
  });
});

describe("a node", () => {
  test("shares no address and no folder with any other", () => {
    const all = Array.from({ length: 10 }, (_, number) => nodeSettings(number));
    for (const key of ["name", "dir", "nodeAddress", "podRange", "serviceRange", "wire"] as const) expect(new Set(all.map((each) => each[key])).size).toBe(10);
    expect(() => nodeSettings(10)).toThrow("from 0 to 9");
  });

  test("says which of its programs are missing and how they are made", () => {
    expect(() => nodePrograms({ ETCD_BIN: "/etcd" })).toThrow(/not built yet: KUBE_APISERVER_BIN, .*cluster build/);
  });
});
