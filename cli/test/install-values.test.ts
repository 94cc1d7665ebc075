import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checkRoom } from "../src/install/before-install.ts";
import { flagValues, withValue } from "../src/install/chart-values.ts";
import { idleFlags, installFlags } from "../src/install/install-flags.ts";
import { askOsm } from "./ask-osm.ts";

const chartValues = readFileSync(`${import.meta.dirname}/../../deploy/helm/osm/values.yaml`, "utf8");

describe("options of an installation", () => {
  test("come to values of the chart", () => {
    expect(flagValues({ enableEgress: true, enablePermissiveTrafficPolicy: false, osmImageTag: "v7", containerRegistrySecret: "pull", serviceCertValidityMinutes: "90" }, chartValues)).toEqual({
      values: { osm: { enableEgress: true, enablePermissiveTrafficPolicy: false, image: { tag: "v7" }, imagePullSecrets: [{ name: "pull" }], certificateProvider: { serviceCertValidityDuration: "90m" } } },
      notes: [],
    });
  });

  test("that mean nothing any more are told so", () => {
    expect(flagValues({ meshCidr: "10.0.0.0/8" }, chartValues)).toEqual({ values: {}, notes: ["--mesh-cidr has no effect any more: addresses of the mesh need not be told any more"] });
  });

  test("that the chart has no value for are refused by name", () => {
    expect(() => flagValues({ deployPrometheus: true }, "osm: {}")).toThrow("--deploy-prometheus: the chart has no value osm.deployPrometheus");
  });

  test("of every older release are known to the command", async () => {
    const { said } = await askOsm(["__complete", "install", "--"]);
    expect(said).toContain("--enable-egress");
    for (const name of [...installFlags.map((flag) => flag.name), ...Object.keys(idleFlags)]) {
      const ended = await askOsm(["install", `--${name}=1`, "--timeout", "never"]);
      expect({ name, words: ended.warned }).toEqual({ name, words: expect.stringContaining("--timeout") });
    }
  });

  test.each(["install", "mesh upgrade"])("that name the mesh or its namespace are refused by osm %s", async (command) => {
    for (const set of ["osm.meshName=blue", "osm.enableEgress=true,osm.osmNamespace=blue"]) {
      expect(await askOsm([...command.split(" "), "--set", set, "--kubeconfig", "/dev/null/nowhere"])).toMatchObject({ code: 2, warned: `osm: --set ${set}: the name of the mesh and its namespace are said with --mesh-name and --osm-namespace` });
    }
  });

  test("nest without losing what is beside them", () => {
    expect(withValue({ osm: { a: 1 }, b: 2 }, ["osm", "c", "d"], 3)).toEqual({ osm: { a: 1, c: { d: 3 } }, b: 2 });
  });
});

const mesh = { name: "osm", namespace: "osm-system", version: "v2", make: "osm", single: false, deployments: [] } as const;
const wanted = { name: "blue", namespace: "blue-system", single: false };

describe("before an installation", () => {
  test("meshes of other names and namespaces do not matter", () => {
    expect(() => checkRoom(wanted, { meshes: [mesh], releases: [] })).not.toThrow();
  });

  test.each([
    ["its name is taken", { ...wanted, name: "osm" }, { meshes: [mesh], releases: [] }, "there is a mesh osm already, in namespace osm-system"],
    ["its namespace is taken", { ...wanted, namespace: "osm-system" }, { meshes: [mesh], releases: [] }, "each mesh has a namespace of its own"],
    ["an installation was begun", wanted, { meshes: [], releases: [{ name: "blue", status: "failed", chart: "osm-2.0.0", app_version: "2.0.0" }] }, "osm uninstall mesh --mesh-name blue --osm-namespace blue-system -f, then install again"],
    ["another wants to be the only one", wanted, { meshes: [{ ...mesh, single: true }], releases: [] }, "mesh osm was installed as the only mesh"],
    ["it is to be the only one", { ...wanted, single: true }, { meshes: [mesh], releases: [] }, "mesh blue is to be the only one, and there is osm"],
  ] as const)("it is refused where %s", (...[, of, standing, words]) => {
    expect(() => checkRoom(of, standing)).toThrow(words);
  });
});
