import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RealCluster } from "../../cluster/for-tests.ts";
import { available } from "./bookstore.ts";
import type { Caller } from "./failed-during.ts";

const manifests = join(import.meta.dirname, "../../../docs/example/manifests");
const apps = ["bookstore", "bookbuyer", "bookthief", "bookwarehouse"] as const;

/** The bookstore of one mesh, in namespaces of its own. */
export interface BookstoreOfMesh {
  readonly mesh: string;
  /** Before the names of its namespaces. */
  readonly prefix: string;
}

export function namespacesOf({ prefix }: BookstoreOfMesh): readonly string[] {
  return apps.map((app) => `${prefix}${app}`);
}

export function shopUrl({ prefix }: BookstoreOfMesh): string {
  return `http://bookstore.${prefix}bookstore.svc.cluster.local:14001/buy-a-book/new`;
}

/** Its customer, as one that calls all the time. */
export function buyerOf(store: BookstoreOfMesh): Caller {
  return { namespace: `${store.prefix}bookbuyer`, workload: "deploy/bookbuyer", url: shopUrl(store) };
}

/** The example's apps and policies, without the database. Resolves when all of it runs. */
export async function openBookstore(cluster: RealCluster, store: BookstoreOfMesh): Promise<void> {
  for (const file of [...apps.map((app) => `apps/${app}`), "access/bookstore", "access/bookwarehouse"]) await cluster.kubectlWith(await manifestFor(file, store), "apply", "-f", "-");
  await available(cluster, `${store.prefix}bookstore`, "bookstore-v1");
  for (const app of ["bookbuyer", "bookthief", "bookwarehouse"]) await available(cluster, `${store.prefix}${app}`, app);
}

async function manifestFor(file: string, { mesh, prefix }: BookstoreOfMesh): Promise<string> {
  const text = await readFile(join(manifests, `${file}.yaml`), "utf8");
  return text
    .replaceAll(/(\bnamespace: |NAMESPACE, value: |kind: Namespace\nmetadata:\n {2}name: )/g, `$1${prefix}`)
    .replaceAll("monitored-by: osm", `monitored-by: ${mesh}`);
}
