import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { meshName } from "../../libs/model/src/index.ts";
import { needs, programPath } from "../../libs/testkit/src/index.ts";
import { rightsOf } from "../../libs/wire/src/index.ts";
import { valueSets } from "./chart-values.ts";
import { at, listAt, objectsIn, render } from "./rendered-chart.ts";

const outside = "0.0.0.0-255.255.255.255";
const strangers = ["Pod shop/app", "Pod osm-system/neighbour", "Pod mesh-of-blue/osm-xds"];
const speakers = ["watcher", "compiler", "ca", "xds"] as const;
/** Those that speak with the API server, the hook and the renewal among them: no policy can name it. */
const unbound = ["watcher", "xds", "injector", "setup", "renewal"];

/** Pods that are none of the mesh: of an app, of somebody who has a place in the mesh's namespace, of another mesh. */
const others = [
  ...["osm-system", "shop", "mesh-of-blue"].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { "kubernetes.io/metadata.name": name } } })),
  podOf("shop", "app", { app: "app" }),
  podOf("osm-system", "neighbour", { app: "neighbour" }),
  podOf("mesh-of-blue", "osm-xds", { app: "osm-xds", "app.kubernetes.io/name": "openservicemesh.io", "app.kubernetes.io/instance": "blue" }),
];

function podOf(namespace: string, name: string, labels: object): object {
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace, labels }, spec: { containers: [{ name, image: name }] } };
}

/** From whom, to whom, by what ports, as the analyzer puts all policies together. */
type Connections = ReadonlyMap<string, string>;

async function connectionsUnder(objects: readonly unknown[]): Promise<Connections> {
  const folder = await mkdtemp(join(tmpdir(), "osm-policies-"));
  try {
    await writeFile(join(folder, "all.yaml"), [...objects, ...others].map((object) => stringify(object)).join("---\n"));
    const { stdout } = await promisify(execFile)(programPath("nca"), ["--connectivity", "--resource_list", folder, "--output_format", "txt_no_fw_rules"]);
    const lines = [...stdout.matchAll(/^(\S+) => (\S+) : (.*)$/gm)].map(([, from = "", to = "", by = ""]) => ({ pair: `${placeIn(from)} > ${placeIn(to)}`, by }));
    return new Map([...Map.groupBy(lines, ({ pair }) => pair)].map(([pair, each]) => [pair, portsIn(each.map(({ by }) => by).join())]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `osm-system/osm-ca[Deployment]` */
function placeIn(peer: string): string {
  const [, name, kind] = /^(.*)\[(\w+)\]$/.exec(peer) ?? [];
  return name === undefined ? peer : kind === "Pod" ? `Pod ${name}` : partOf(name.replace("osm-system/", ""));
}

/** One server or several are the same part. */
function partOf(workload: string): string {
  return workload.replace("osm-", "").replace("-cluster", "");
}

/** `{protocols:TCP,dst_ports:9090-9091}` and the like: the ports of TCP, and after them those of UDP. */
function portsIn(said: string): string {
  const parts = [...said.matchAll(/\{protocols:([A-Z, ]+),dst_ports:([\d,-]+)\}/g)].map(([, protocols = "", ports = ""]) => ({ protocols, ports }));
  if (parts.length === 0) return said;
  const [tcp, udp] = ["TCP", "UDP"].map((protocol) => parts.filter(({ protocols }) => protocols.includes(protocol)).map(({ ports }) => ports).join());
  return [tcp, ...(udp === "" ? [] : [`UDP ${udp}`])].join(" ").trim();
}

const mesh = (objects: readonly unknown[]) => objects.filter((object) => at(object, "spec", "template", "spec") !== undefined || at(object, "kind") === "CronJob").map((object) => partOf(String(at(object, "metadata", "name"))));

needs("helm", "nca")("under the chart's NetworkPolicies", () => {
  describe.each(["defaults", "highly-available", "external-backbone"])("with %s", (name) => {
    let objects: readonly unknown[];
    let found: Connections;
    beforeAll(async () => {
      objects = objectsIn(await render(...(valueSets[name] ?? [])));
      found = await connectionsUnder(objects);
    });

    test("each port is reached by who needs it and by nobody else", () => {
      const parts = mesh(objects);
      const pairs = [...parts, ...strangers, outside].flatMap((from) => parts.filter((to) => to !== from).map((to) => ({ from, to })));
      const wrong = pairs.filter(({ from, to }) => (found.get(`${from} > ${to}`) ?? "none") !== wantedPorts(from, to));
      expect(pairs.length).toBeGreaterThan(50);
      expect(wrong.map(({ from, to }) => `${from} > ${to}: ${found.get(`${from} > ${to}`) ?? "none"}, and not ${wantedPorts(from, to)}`)).toEqual([]);
    });

    test("what holds the root's key, the whole mesh or the backbone calls nothing outside but names and the backbone", () => {
      for (const from of mesh(objects).filter((each) => !unbound.includes(each))) {
        for (const to of [outside, ...strangers]) expect([from, to, found.get(`${from} > ${to}`) ?? "none"]).toEqual([from, to, callsOutside(from, objects)]);
      }
    });
  });

  test("the servers that a service is told of are those that it is let through to, and has rights on", async () => {
    const objects = objectsIn(await render());
    const found = await connectionsUnder(objects);
    for (const service of speakers) {
      const { reads, writes, asks, answers, blobs } = rightsOf(meshName("osm"))[service];
      expect(found.get(`${service} > nats`)).toBe([reads, writes, asks, answers].flat().length > 0 ? "4222" : undefined);
      expect(dials(objects, service, "OSM_BUS_URL")).toContain("tls://osm-nats.osm-system.svc:4222?");
      expect(found.get(`${service} > redis`)).toBe(blobs === "none" ? undefined : "6379");
      expect(dials(objects, service, "OSM_STORE_URL") === "").toBe(blobs === "none");
    }
  });

  test("servers of the bus reach each other, where there are several, and at no other port", async () => {
    const objects = objectsIn(await render("--set", "osm.nats.replicaCount=3"));
    // The analyzer has one of each workload: another of its pods stands beside it.
    const another = podOf("osm-system", "osm-nats-another", { app: "osm-nats", "app.kubernetes.io/name": "openservicemesh.io", "app.kubernetes.io/instance": "osm" });
    const found = await connectionsUnder([...objects, another]);
    for (const pair of ["Pod osm-system/osm-nats-another > nats", "nats > Pod osm-system/osm-nats-another"]) expect(found.get(pair)).toBe("6222");
    expect(found.get("Pod osm-system/neighbour > Pod osm-system/osm-nats-another")).toBeUndefined();
  });

  test("a door that is forgotten is seen", async () => {
    const objects = objectsIn(await render()).filter((object) => at(object, "metadata", "name") !== "osm-closed");
    expect((await connectionsUnder(objects)).get("Pod shop/app > setup")).toBe("All connections");
  });
});

const anybody = () => true;
/** In the mesh's namespace, whoever it is. */
const inside = (from: string) => from === "Pod osm-system/neighbour" || (!from.startsWith("Pod ") && from !== outside);

/** Probes come from the node, which no policy keeps out. */
const doors: readonly { readonly to: readonly string[]; readonly port: number; readonly opens: (from: string) => boolean }[] = [
  { to: ["injector"], port: 9090, opens: anybody },
  { to: [...speakers, "injector"], port: 9091, opens: inside },
  { to: ["xds"], port: 15_128, opens: anybody },
  { to: ["nats"], port: 4222, opens: (from) => speakers.some((each) => each === from) },
  { to: ["redis"], port: 6379, opens: (from) => ["compiler", "xds"].includes(from) },
];

/** A door is no use to who may not leave: of those that may not, only the backbone is called. */
function wantedPorts(from: string, to: string): string {
  const mayLeave = !["ca", "compiler", "nats", "redis"].includes(from) || ["nats", "redis"].includes(to);
  const ports = doors.filter((door) => door.to.includes(to) && door.opens(from)).map(({ port }) => port);
  return mayLeave && ports.length > 0 ? ports.join().replace("9090,9091", "9090-9091") : "none";
}

/** Names are asked of DNS at two ports, by UDP and TCP; a backbone of somebody else's is anywhere. */
function callsOutside(from: string, objects: readonly unknown[]): string {
  const isCluster = objects.some((object) => at(object, "kind") === "ConfigMap" && at(object, "metadata", "name") === "osm-nats");
  if (from === "redis" || (from === "nats" && !isCluster)) return "none";
  const elsewhere = ["OSM_BUS_URL", "OSM_STORE_URL"].map((name) => dials(objects, from, name)).filter((url) => url !== "" && !url.includes("osm-system")).map((url) => /:(\d+)\?/.exec(url)?.[1]);
  return `${["53", ...elsewhere, "5353"].toSorted((a, b) => Number(a) - Number(b)).join()} UDP 53,5353`;
}

/** What a service is told to dial. */
function dials(objects: readonly unknown[], service: string, variable: string): string {
  const workload = objects.find((object) => at(object, "kind") === "Deployment" && at(object, "metadata", "name") === `osm-${service}`);
  const [container] = listAt(workload, "spec", "template", "spec", "containers");
  const value = at(listAt(container, "env").find((each) => at(each, "name") === variable), "value");
  return typeof value === "string" ? value : "";
}
