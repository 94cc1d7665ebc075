import type { Digest, Resource, SpiffeId } from "@osm/model";
import { readResource, type Message } from "./read/read-resource.ts";

type Kind = Message["kind"];
type Of<K extends Kind> = Extract<Message, { readonly kind: K }>["message"];

/** What one Envoy holds, by type and name. */
export interface Proxy {
  readonly identity: SpiffeId;
  readonly resources: { readonly [K in Kind]: ReadonlyMap<string, Of<K>> };
}

const known = new Map<Digest, Message>();
/** Resources repeat from one world to the next; what was read is kept up to this number. */
const mostKnown = 20_000;

/** An Envoy that has taken these resources. @throws Error where Envoy would refuse one, or where one is not understood. */
export function proxyOf(identity: SpiffeId, resources: Iterable<Resource>): Proxy {
  const all = { LDS: new Map(), RDS: new Map(), CDS: new Map(), EDS: new Map(), ECDS: new Map(), SDS: new Map() } satisfies Proxy["resources"] as Shelves;
  for (const resource of resources) {
    const { kind, message } = read(resource);
    const shelf: Map<string, unknown> = all[kind];
    if (shelf.has(resource.name)) throw new Error(`two resources ${kind} ${resource.name}`);
    if (nameIn(message) !== resource.name) throw new Error(`${kind} ${resource.name} calls itself ${nameIn(message)}`);
    shelf.set(resource.name, message);
  }
  refuseDuplicateAddresses(all.LDS);
  return { identity, resources: all };
}

type Shelves = { readonly [K in Kind]: Map<string, Of<K>> };

function read(resource: Resource): Message {
  const found = known.get(resource.digest);
  if (found) return found;
  if (known.size >= mostKnown) known.clear();
  const message = readResource(resource);
  known.set(resource.digest, message);
  return message;
}

function nameIn(message: Message["message"]): string {
  return "cluster_name" in message ? message.cluster_name : message.name;
}

/** Envoy takes no two listeners on one address, bound or not. */
function refuseDuplicateAddresses(listeners: ReadonlyMap<string, Of<"LDS">>): void {
  const taken = new Set<string>();
  for (const { name, address } of listeners.values()) {
    const at = `${address.socket_address.address}:${address.socket_address.port_value}`;
    if (taken.has(at)) throw new Error(`duplicate address ${at} of listener ${name}`);
    taken.add(at);
  }
}

/** @throws Error when the proxy was not given it: a view is closed under reference. */
export function held<K extends Kind>({ resources }: Proxy, kind: K, name: string): Of<K> {
  const shelf: ReadonlyMap<string, Of<K>> = resources[kind];
  const found = shelf.get(name);
  if (found === undefined) throw new Error(`the proxy has no ${kind} ${name}`);
  return found;
}
