import { readFile, writeFile } from "node:fs/promises";
import type { NodeKeys, NodeUser } from "./keys.ts";
import type { NodeSettings } from "./settings.ts";

/** A kubeconfig for one user of the node, readable by its owner alone. JSON is YAML. */
export async function writeKubeconfig(settings: NodeSettings, keys: NodeKeys, { user, file }: { readonly user: NodeUser; readonly file: string }): Promise<void> {
  const authority = (await readFile(keys.ca)).toString("base64");
  const { name, nodeAddress } = settings;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: { server: `https://${nodeAddress}:6443`, "certificate-authority-data": authority } }],
    users: [{ name: user, user: { token: keys.token(user) } }],
    contexts: [{ name, context: { cluster: name, user } }],
  };
  await writeFile(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
}
