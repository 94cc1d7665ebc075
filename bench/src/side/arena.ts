import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { compileLoad } from "./compiled-load.ts";
import type { Contest, Contestant } from "./contestant.ts";
import { buildGo } from "./go-programs.ts";
import { startLoadClient, type LoadClient } from "./load-client.ts";
import type { Load } from "./load.ts";
import { startOurs } from "./ours.ts";
import { startPeer, type PeerCache } from "./peer.ts";

export interface Setting {
  /** How the peer keeps what it serves, once for each to be measured. */
  readonly peers: readonly PeerCache[];
  /** For Node, of our processes. */
  readonly nodeArgs: readonly string[];
}

/** Control planes beside each other under one client. Only the one that is measured has anything to do. */
export interface Arena extends AsyncDisposable {
  readonly contestants: readonly Contestant[];
  readonly client: LoadClient;
}

/** Servers share the first processor and the client has the second, where there are two and they can be told apart. */
const [serverCore, clientCore] = availableParallelism() > 1 && existsSync("/usr/bin/taskset") ? [0, 1] : [undefined, undefined];

export async function openArena(load: Load, { peers, nodeArgs }: Setting): Promise<Arena> {
  const contest: Contest = { load, compiled: compileLoad(load), core: serverCore };
  await using starting = new AsyncDisposableStack();
  const client = starting.use(startLoadClient(await buildGo("client"), clientCore));
  const contestants = [starting.use(await startOurs(contest, nodeArgs))];
  for (const cache of peers) contestants.push(starting.use(await startPeer(await buildGo("peer"), cache, contest)));
  const running = starting.move();
  return { contestants, client, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
