import { KubeError } from "@osm/kube";
import { z } from "zod";
import type { OpenedCluster } from "../src/cluster/open-cluster.ts";
import type { Release } from "../src/install/releases.ts";
import type { Remover } from "../src/install/uninstall-mesh.ts";

export interface StandingMesh {
  readonly name: string;
  readonly namespace: string;
  readonly make?: "osm" | "older";
}

export interface Standing {
  readonly meshes: readonly StandingMesh[];
  readonly releases: readonly (Release & { readonly namespace: string })[];
  /** Secrets that carry the name of a mesh. */
  readonly secrets: readonly { readonly name: string; readonly namespace: string; readonly mesh: string }[];
  /** Names of definitions that are there. */
  readonly definitions?: readonly string[];
}

export interface Told {
  readonly remover: Remover;
  readonly warned: string[];
  /** Paths that were deleted or written, and releases that were uninstalled. */
  readonly changed: string[];
}

/** A cluster and a Helm that answer from what stands, and keep what they were told to change. */
export function standing(what: Standing): Told {
  const [warned, changed]: [string[], string[]] = [[], []];
  const gone = new Set<string>();
  const answer = (path: string): unknown => {
    const query = new URL(path, "http://cluster");
    const mesh = /instance=([a-z0-9-]+)/.exec(query.searchParams.get("labelSelector") ?? "")?.[1];
    if (query.pathname === "/apis/apps/v1/deployments") return list("Deployment", what.meshes.filter(({ name, namespace }) => !gone.has(`${namespace}/${name}`)).map(deployment));
    if (query.pathname.endsWith("/secrets")) return list("Secret", what.secrets.filter((each) => each.mesh === mesh && (query.pathname === "/api/v1/secrets" || query.pathname.includes(`/${each.namespace}/`))).map(secret));
    const found = what.secrets.find(({ name, namespace }) => query.pathname === `/api/v1/namespaces/${namespace}/secrets/${name}`);
    if (found) return secret(found);
    if (what.definitions?.some((name) => query.pathname.endsWith(`/customresourcedefinitions/${name}`)) === true) return definition(query.pathname);
    if (query.pathname === "/api/v1/namespaces" || /(configmaps|webhookconfigurations)$/.test(query.pathname)) return list("Other", []);
    throw new KubeError(`nothing at ${path}`, { status: 404, reason: "NotFound" });
  };
  const json: OpenedCluster["api"]["json"] = async ({ method = "GET", path }) => {
    if (method === "GET") return answer(path);
    changed.push(`${method} ${path.split("?")[0] ?? ""}`);
    return await Promise.resolve({});
  };
  const run = async ([verb = "", ...words]: readonly string[]) => {
    const namespace = words[words.indexOf("--namespace") + 1] ?? "";
    if (verb === "list") return await Promise.resolve(JSON.stringify(what.releases.filter((each) => each.namespace === namespace)));
    changed.push(`helm ${verb} ${words[0] ?? ""} ${namespace}`);
    gone.add(`${namespace}/${words[0] ?? ""}`);
    return "";
  };
  const cluster: OpenedCluster = { api: { json, lines: noLines }, choice: { kubeconfig: "", context: "", podAccount: "last" }, signal: new AbortController().signal };
  return { remover: { cluster, helm: { run }, ask: () => Promise.resolve(true), say: () => undefined, warn: (line) => void warned.push(line) }, warned, changed };
}

async function* noLines(): AsyncIterable<string> {
  yield* [];
}

function list(kind: string, items: readonly object[]): object {
  return { kind: `${kind}List`, apiVersion: "v1", metadata: {}, items };
}

function deployment({ name, namespace, make = "osm" }: StandingMesh): object {
  const labels = { meshName: name, "app.kubernetes.io/instance": name, "app.kubernetes.io/version": make === "osm" ? "2.0.0" : "v1.2.4" };
  return { metadata: { name: make === "osm" ? "osm-watcher" : "osm-controller", namespace, labels }, spec: { template: { spec: { containers: [] } } } };
}

function secret({ name, namespace, mesh }: Standing["secrets"][number]): object {
  return { kind: "Secret", metadata: { name, namespace, labels: { "app.kubernetes.io/instance": mesh } } };
}

function definition(path: string): object {
  const name = z.string().parse(path.split("/").at(-1));
  return { metadata: { name }, spec: { group: "a", names: { plural: "b", kind: "B" }, versions: [{ name: "v1", served: true }] } };
}
