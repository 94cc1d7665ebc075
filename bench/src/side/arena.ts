import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { startApart } from "./apart.ts";
import { compileLoad } from "./compiled-load.ts";
import type { Contest, Contestant } from "./contestant.ts";
import { buildGo } from "./go-programs.ts";
import { startLoadClient, type LoadClient } from "./load-client.ts";
import type { Load } from "./load.ts";
import { startPeer, type PeerCache } from "./peer.ts";
import { startTogether } from "./together.ts";

/** How our services run: each a process of its own on NATS and Redis, or all in one on adapters of memory. */
export const shapes = ["apart", "together"] as const;
export type Shape = (typeof shapes)[number];

const starters = { apart: startApart, together: startTogether } as const;

export interface Setting {
  readonly shapes: readonly Shape[];
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

export async function openArena(load: Load, { shapes: ours, peers, nodeArgs }: Setting): Promise<Arena> {
  const contest: Contest = { load, compiled: compileLoad(load), core: serverCore };
  await using starting = new AsyncDisposableStack();
  const client = starting.use(startLoadClient(await buildGo("client"), clientCore));
  const contestants: Contestant[] = [];
  for (const shape of ours) contestants.push(starting.use(await starters[shape](contest, nodeArgs)));
  for (const cache of peers) contestants.push(starting.use(await startPeer(await buildGo("peer"), cache, contest)));
  const running = starting.move();
  return { contestants, client, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
