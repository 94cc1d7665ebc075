import { join } from "node:path";
import { freePort } from "@osm/testkit";
import { run, type Running } from "./processes.ts";

/** The store of a Kubernetes API. */
export interface Etcd extends Pick<Running, "kill"> {
  readonly url: string;
  /** Forgets all revisions but the present one. */
  compact(): Promise<void>;
}

/** A store without fsync: what it holds need not outlive the machine. */
export async function createEtcd(program: string, dir: string): Promise<Etcd> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const peers = `http://127.0.0.1:${await freePort()}`;
  const process = run(program, [
    "--name=test", `--data-dir=${join(dir, "etcd")}`, "--unsafe-no-fsync", `--listen-client-urls=${url}`, `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peers}`, `--initial-advertise-peer-urls=${peers}`, `--initial-cluster=test=${peers}`,
    "--heartbeat-interval=20", "--election-timeout=200", "--log-level=error",
  ], join(dir, "etcd.log"));
  try {
    await process.until(async () => (await fetch(`${url}/health`)).ok);
  } catch (error) {
    await process.kill();
    throw error;
  }
  const call = async (path: string, body: object): Promise<string> => {
    const answer = await fetch(`${url}/v3/kv/${path}`, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`etcd refused ${path}: ${answer.status}`);
    return await answer.text();
  };
  return {
    url,
    kill: process.kill,
    compact: async () => {
      const revision = /"revision":"(\d+)"/.exec(await call("range", { key: Buffer.from("/").toString("base64") }))?.[1];
      await call("compaction", { revision, physical: true });
    },
  };
}
