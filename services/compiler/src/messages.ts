import type { CompiledMesh } from "@osm/compile";
import type { Finding, ObjectRef, Offering, ProxyFact, Resource, View } from "@osm/model";
import type { Subjects } from "@osm/wire";
import type { Item, Items } from "./ledger.ts";
import type { ListCutter } from "./sent-lists.ts";

/** What the next compilation goes on from, and who can make a view's blobs again. */
export type StandingView = Pick<View, "id" | "doors"> & { readonly publisher: string };

export interface Messages {
  readonly views: Items<StandingView>;
  /** With the names of those who can make their blobs again. */
  readonly offerings: Items<string>;
  readonly proxies: Items<undefined>;
  readonly endpoints: Items<undefined>;
  readonly findings: Items<undefined>;
}

interface Speaking {
  readonly subjects: Subjects;
  readonly member: string;
  readonly lists: ListCutter;
}

type Placed<T> = readonly [subject: string, item: Item<T>];

/**
 * All that there is to say of a mesh, by subject. An item is made once for each thing that was compiled and turned into bytes
 * only when it is said. What did not change costs a look, and where nothing of a kind did, not even that.
 */
export function createMessages({ subjects, member, lists }: Speaking): (mesh: CompiledMesh) => Messages {
  const viewItem = once((view: View): Placed<StandingView> => {
    const subject = subjects.view(view.id);
    const { id, doors, digest } = view;
    return [subject, { key: digest, owner: subject, value: { id, doors, publisher: member }, payload: (revision) => ({ ...view, resources: lists.sentRefs(view), revision, publisher: member }) }];
  });
  const offeringItem = once((offering: Offering): Placed<string> => {
    const subject = subjects.offering(offering.id);
    const payload = (revision: number) => ({ ...offering, resources: lists.sentRefs(offering), endpoints: lists.sentNames(offering), revision, publisher: member });
    return [subject, { key: offering.digest, owner: subject, value: member, payload }];
  });
  // With the view, so that one compiler says both, the view first.
  const proxyItem = once((proxy: ProxyFact): Placed<undefined> => [
    subjects.proxy(proxy.uid), { key: JSON.stringify(proxy), owner: subjects.view(proxy.view), value: undefined, payload: () => proxy },
  ]);
  const endpointsItem = once(({ name, digest, bytes }: Resource): Placed<undefined> => {
    const subject = subjects.endpoints(name);
    const payload = (revision: number) => ({ name, digest, bytes: Buffer.from(bytes).toString("base64"), revision, publisher: member });
    return [subject, { key: digest, owner: subject, value: undefined, payload }];
  });
  const findingItem = ([on, list]: readonly [ObjectRef, readonly Finding[]]): Placed<undefined> => {
    const subject = subjects.finding("compiler", on);
    const payload = { source: "", findings: list };
    return [subject, { key: JSON.stringify(payload), owner: subject, value: undefined, payload: () => payload }];
  };
  const views = once((all: readonly View[]) => new Map(all.map(viewItem)));
  const offerings = once((all: readonly Offering[]) => new Map(all.map(offeringItem)));
  const proxies = once((all: readonly ProxyFact[]) => new Map(all.map(proxyItem)));
  const endpoints = once((all: readonly Resource[]) => new Map(all.map(endpointsItem)));
  return (mesh) => ({
    views: views(mesh.views),
    offerings: offerings(mesh.offerings),
    proxies: proxies(mesh.proxies),
    endpoints: endpoints(mesh.assignments),
    findings: new Map([...Map.groupBy(mesh.findings, ({ on }) => on)].map(findingItem)),
  });
}

function once<S extends object, T>(make: (source: S) => T): (source: S) => T {
  const made = new WeakMap<S, T>();
  return (source) => {
    const known = made.get(source);
    if (known !== undefined) return known;
    const fresh = make(source);
    made.set(source, fresh);
    return fresh;
  };
}
