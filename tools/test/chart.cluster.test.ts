import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { kinds } from "../../libs/intake/src/index.ts";
import { meshName } from "../../libs/model/src/index.ts";
import { needs } from "../../libs/testkit/src/index.ts";
import { watcherRights } from "../../services/watcher/test/watcher-rights.ts";
import { valueSets } from "./chart-values.ts";
import { at, chart, lint, listAt, objectsIn, render } from "./rendered-chart.ts";

const goldens = `${import.meta.dirname}/../../deploy/helm/goldens`;

const kindOf = (object: unknown) => String(at(object, "kind"));
const workloads = ["Deployment", "StatefulSet", "Job", "CronJob"];

needs("helm")("the chart", () => {
  describe.each(Object.entries(valueSets))("with %s", (name, values) => {
    test("renders as its golden", async () => {
      await expect(await render(...values)).toMatchFileSnapshot(`${goldens}/${name}.yaml`);
    });

    test("passes Helm's own check", async () => {
      expect(await lint(...values)).toContain("1 chart(s) linted, 0 chart(s) failed");
    });

    test("holds no secret and leaves the release's namespace only where a kind has none", async () => {
      const objects = objectsIn(await render(...values));
      expect(objects.length).toBeGreaterThan(20);
      expect(objects.filter((object) => kindOf(object) === "Secret")).toEqual([]);
      const elsewhere = objects.filter((object) => !/^ClusterRole|WebhookConfiguration$/.test(kindOf(object)) && at(object, "metadata", "namespace") !== "osm-system");
      expect(elsewhere.map(kindOf)).toEqual([]);
    });

    test("runs every pod with the least it needs", async () => {
      const pods = objectsIn(await render(...values)).filter((object) => workloads.includes(kindOf(object))).map((object) => at(object, ...(kindOf(object) === "CronJob" ? ["spec", "jobTemplate"] : []), "spec", "template", "spec"));
      expect(pods.length).toBeGreaterThanOrEqual(6);
      for (const pod of pods) {
        expect(at(pod, "securityContext")).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } });
        expect(at(pod, "automountServiceAccountToken")).toBeTypeOf("boolean");
        for (const container of listAt(pod, "containers")) {
          expect(at(container, "securityContext")).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } });
          expect(at(container, "resources", "requests", "memory")).toBeTypeOf("string");
          expect(at(container, "resources", "limits", "memory")).toBeTypeOf("string");
          expect(at(container, "image")).not.toMatch(/:latest$|:$/);
        }
      }
    });
  });

  test("leaves no golden of a value set that is gone", () => {
    expect(readdirSync(goldens).filter((file) => file.endsWith(".yaml")).toSorted()).toEqual(Object.keys(valueSets).map((name) => `${name}.yaml`).toSorted());
  });

  test("gives the watcher the rights that its tests run under, and no others", async () => {
    const rulesOf = (objects: readonly unknown[], kind: string) => objects.filter((object) => kindOf(object) === kind && /watcher/.test(String(at(object, "metadata", "name")))).flatMap((object) => listAt(object, "rules"));
    const rendered = objectsIn(await render());
    const tested = watcherRights({ mesh: meshName("osm"), osmNamespace: "osm-system" });
    const inOrder = (rules: readonly unknown[]) => rules.map((rule) => JSON.stringify(rule, ["apiGroups", "resources", "resourceNames", "verbs"])).toSorted();
    for (const kind of ["ClusterRole", "Role"]) expect(inOrder(rulesOf(rendered, kind))).toEqual(inOrder(rulesOf(tested, kind)));
  });

  test.each([
    ["osm.meshName=Not_a_name", "/osm/meshName"],
    ["osm.nats.url=tls://user:secret@host:1", "/osm/nats/url"],
    ["osm.certificateProvider.kind=none", "/osm/certificateProvider/kind"],
    ["osm.outboundPortExclusionList={70000}", "/osm/outboundPortExclusionList/0"],
    ["osm.enablePermissiveTraficPolicy=true", "enablePermissiveTraficPolicy"],
    ["osm.watcher.replicaCount=0", "/osm/watcher/replicaCount"],
  ])("refuses %s by the name of the field", async (value, field) => {
    await expect(render("--set", value)).rejects.toThrow(field);
  });

  test("does not make one server of the bus into one of three, which would wait for the others for ever", async () => {
    const sets = async (...values: readonly string[]) => objectsIn(await render(...values)).filter((object) => kindOf(object) === "StatefulSet").map((object) => [at(object, "metadata", "name"), at(object, "spec", "replicas")]);
    expect(await sets()).toEqual([["osm-nats", 1]]);
    expect(await sets("--set", "osm.nats.replicaCount=3")).toEqual([["osm-nats-cluster", 3]]);
  });

  test("says what is missing where the bus is to be somebody else's", async () => {
    await expect(render("--set", "osm.nats.bundled=false")).rejects.toThrow("osm.nats.url is needed where osm.nats.bundled is false");
  });

  test("serves every version of every kind that the compiler reads", () => {
    const served = readdirSync(`${chart}/crds`).flatMap((file) => objectsIn(readFileSync(`${chart}/crds/${file}`, "utf8"))).flatMap((crd) =>
      listAt(crd, "spec", "versions").filter((version) => at(version, "served") === true).map((version) => `${String(at(crd, "spec", "group"))}/${String(at(version, "name"))} ${String(at(crd, "spec", "names", "kind"))}`));
    const read = kinds.filter(({ group }) => /smi-spec|openservicemesh/.test(group)).flatMap(({ group, kind, versions }) => versions.map((version) => `${group}/${version} ${kind}`));
    expect(read.length).toBeGreaterThan(8);
    expect(read.filter((each) => !served.includes(each))).toEqual([]);
  });
});
