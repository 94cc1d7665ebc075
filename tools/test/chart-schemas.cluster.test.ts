import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { judgeWriting } from "../../libs/admission/src/index.ts";
import { injectionSettings, meshSettings } from "../../libs/inject/src/index.ts";
import { headOf, kinds, parseObject, splitDocuments } from "../../libs/intake/src/index.ts";
import { KubeError, openKubeApi, type KubeApi } from "../../libs/kube/src/index.ts";
import { meshName } from "../../libs/model/src/index.ts";
import { needs } from "../../libs/testkit/src/index.ts";
import { chartNeeds, openChartCluster, type ChartCluster } from "./chart-cluster.ts";
import { at, chart, listAt, objectsIn } from "./rendered-chart.ts";

const samples = `${import.meta.dirname}/../../libs/intake/test/samples`;
const context = { mesh: meshName("osm"), osmNamespace: "osm-system" };
const service = "osm-xds.osm-system.svc";
const installed = injectionSettings.parse({ mesh: "osm", meshNamespace: "osm-system", xds: { host: service, port: 15_128, serverName: service }, envoyImage: "envoy:1", initImage: "init:1" });

interface Definition {
  readonly plural: string;
  readonly versions: readonly string[];
}

/** The kinds that the chart defines, by name. */
const definitions: ReadonlyMap<string, Definition> = new Map(
  readdirSync(`${chart}/crds`).flatMap((file) => objectsIn(readFileSync(`${chart}/crds/${file}`, "utf8"))).map((crd) => {
    const served = listAt(crd, "spec", "versions").filter((version) => at(version, "served") === true);
    return [String(at(crd, "spec", "names", "kind")), { plural: String(at(crd, "spec", "names", "plural")), versions: served.map((version) => String(at(version, "name"))) }];
  }),
);

interface Sample {
  readonly title: string;
  readonly kind: string;
  readonly path: string;
  readonly object: object;
}

/** The samples of a folder, each in every version that its kind is served in. */
function samplesIn(folder: string): readonly Sample[] {
  const files = readdirSync(`${samples}/${folder}`);
  return files.flatMap((file) => {
    const read = splitDocuments(readFileSync(`${samples}/${folder}/${file}`, "utf8"));
    if (read.kind === "broken") throw new Error(`${folder}/${file} line ${read.line}: ${read.reason}`);
    return read.objects.flatMap(inEveryVersion);
  });
}

function inEveryVersion(object: unknown): readonly Sample[] {
  const head = headOf(object);
  const definition = head && definitions.get(head.kind);
  if (!head || !definition) throw new Error(`the chart defines no such kind: ${JSON.stringify(object)}`);
  return definition.versions.map((version) => ({
    title: `${head.kind} ${version} ${head.name}`,
    kind: head.kind,
    path: `/apis/${head.group}/${version}/namespaces/${head.namespace}/${definition.plural}`,
    object: { ...Object(object), apiVersion: `${head.group}/${version}` },
  }));
}

/** Whether any reader of ours refuses the object: none of what it says is believed then. */
function isRefusedHere(object: object, kind: string): boolean {
  const unreadable = parseObject(object, context).findings.some(({ severity }) => severity === "error");
  const isUnsettled = kind === "MeshConfig" && meshSettings(installed, object).kind === "unreadable";
  return unreadable || isUnsettled || judgeWriting({ object, old: undefined }, context).faults.length > 0;
}

/** Kinds that are read as a whole; of the others our rules speak once the API server has found their form good. */
const isRead = (kind: string) => kinds.some((each) => each.kind === kind);

needs(...chartNeeds)("the chart's schemas and ours", () => {
  let cluster: ChartCluster;
  let api: KubeApi;
  const written = async ({ path, object }: Sample) => await api.json({ method: "POST", path: `${path}?fieldValidation=Strict&dryRun=All`, body: object, signal: AbortSignal.timeout(20_000) });

  beforeAll(async () => {
    cluster = await openChartCluster();
    await cluster.apply(...["shop", "osm-system"].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })));
    api = openKubeApi({ kubeconfig: cluster.kubeconfig, context: "" });
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());

  test("are tried with each kind in each folder", () => {
    for (const folder of ["valid", "invalid"]) expect([...new Set(samplesIn(folder).map(({ kind }) => kind))].toSorted()).toEqual([...definitions.keys()].toSorted());
  });

  describe("both take", () => {
    test.each(samplesIn("valid"))("$title", async (sample) => {
      const stored = await written(sample);
      expect(at(stored, "spec")).toEqual(at(sample.object, "spec"));
      expect(isRefusedHere(sample.object, sample.kind)).toBe(false);
    });
  });

  describe("both refuse", () => {
    test.each(samplesIn("invalid"))("$title", async (sample) => {
      await expect(written(sample)).rejects.toSatisfy((error) => error instanceof KubeError && (error.status === 422 || error.status === 400));
      if (isRead(sample.kind)) expect(isRefusedHere(sample.object, sample.kind)).toBe(true);
    });
  });

  describe("the API server keeps whole for ours to refuse", () => {
    test.each(samplesIn("kept"))("$title", async (sample) => {
      expect(at(await written(sample), "spec")).toEqual(at(sample.object, "spec"));
      expect(isRefusedHere(sample.object, sample.kind)).toBe(true);
    });
  });

  test("what is written in one version is read the same in every other", async () => {
    for (const { path, object, kind } of samplesIn("valid")) {
      const [, , , version] = path.split("/");
      const name = `${version}.${String(at(object, "metadata", "name"))}`;
      const made = { ...object, metadata: { name, namespace: at(object, "metadata", "namespace") } };
      await api.json({ method: "POST", path, body: made, signal: AbortSignal.timeout(20_000) });
      for (const other of definitions.get(kind)?.versions ?? []) {
        const seen = await api.json({ path: `${path.replace(`/${version}/`, `/${other}/`)}/${name}`, signal: AbortSignal.timeout(20_000) });
        expect(parseObject(seen, context).value).toEqual(parseObject(made, context).value);
      }
    }
  });
});
