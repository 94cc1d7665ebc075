import type { Bus } from "@osm/bus";
import { ClusterLoadAssignmentSchema, ClusterSchema, DiscoveryType, encode, ListenerSchema, RouteConfigurationSchema } from "@osm/envoy-api";
import { digestOf, digestOfJson, meshName, offeringId, podUid, viewId, type Digest, type Identity, type ListedRefs } from "@osm/model";
import type { Store } from "@osm/store";
import { blobReply, blobRequest, decodeJson, encodeJson, subjectsOf, type CompiledPayload, type ProxyPayload, type SentOffering, type SentView } from "@osm/wire";
import type { z } from "zod";
import { emptyListing } from "../src/listing.ts";
import type { JoinedView } from "../src/world.ts";

export const mesh = meshName("osm");
export const subjects = subjectsOf(mesh);
export const nothingListed: JoinedView["listed"] = { CDS: emptyListing, ECDS: emptyListing, LDS: emptyListing, RDS: emptyListing, SDS: emptyListing };

/** What a compiler would say of a class of proxies that call these services. `edition` makes its routes other ones. */
export interface ViewWish {
  readonly account: string;
  readonly services: readonly string[];
  /** Who shares its offering has this one's; its own where left out. */
  readonly offeredAs?: string;
  readonly edition?: number;
  /** Makes the route of its own port another one. */
  readonly doorEdition?: number;
  readonly filters?: readonly Named[];
  readonly secrets?: readonly Named[];
  /** Made by hand, in place of what the services bring. */
  readonly made?: { readonly CDS: readonly Named[]; readonly LDS: readonly Named[]; readonly RDS: readonly Named[] };
}

export function identityOf(account: string): Identity {
  return { namespace: "shop", serviceAccount: account };
}

export function viewIdOf(account: string) {
  return viewId(digestOf(account).slice(0, 32));
}

export function offeringIdOf(account: string) {
  return offeringId(digestOf(`offered to ${account}`).slice(0, 32));
}

/** What is said of a view: what is its own, what it is offered, and both together. */
export interface ViewSaid extends Pick<SentView, "id"> {
  readonly own: SentView;
  readonly offering: SentOffering;
  readonly resources: ListedRefs;
}

export function proxyOf(uid: string, account: string, view = account): ProxyPayload {
  return { uid: podUid(uid), view: viewIdOf(view), identity: identityOf(account), namespace: "shop", pod: `pod-${uid}` };
}

/** The compiler, as far as its readers can tell. */
export interface SpeakingCompiler {
  view(wish: ViewWish, store?: Store): Promise<ViewSaid>;
  /** Of `view` the one half. */
  offering(wish: ViewWish, store?: Store): Promise<ViewSaid>;
  ownView(wish: ViewWish, store?: Store): Promise<ViewSaid>;
  offeringGone(account: string): Promise<void>;
  /** What `view` would say next, left unsaid. */
  made(wish: ViewWish): ViewSaid;
  proxy(proxy: ProxyPayload): Promise<void>;
  proxyGone(uid: string): Promise<void>;
  viewGone(account: string): Promise<void>;
  endpoints(service: string, addresses: readonly string[]): Promise<Digest>;
  endpointsGone(service: string): Promise<void>;
  /** "All of it is said." */
  compiled(revision: number): Promise<void>;
  /** Answers for blobs, as the views' publisher. @returns how many were asked for. */
  answerBlobs(): Promise<{ asked(): number }>;
}

export function createSpeaker(bus: Bus): SpeakingCompiler {
  const wrote = { view: 0, offering: 0, proxy: 0, endpoints: 0 };
  const blobs = new Map<Digest, Uint8Array>();
  let revision = 0;
  const stored = async (wish: ViewWish, store?: Store): Promise<ViewSaid> => {
    const { said, resources } = viewOf(wish, ++revision);
    for (const bytes of resources) blobs.set(digestOf(bytes), bytes);
    await store?.put(resources);
    return said;
  };
  const sayOffering = async (said: ViewSaid): Promise<ViewSaid> => {
    wrote.offering = await bus.publish(subjects.offering(said.offering.id), encodeJson(said.offering));
    return said;
  };
  const sayView = async (said: ViewSaid): Promise<ViewSaid> => {
    wrote.view = await bus.publish(subjects.view(said.id), encodeJson(said.own));
    return said;
  };
  const offeringGone = async (account: string) => void (wrote.offering = await bus.publish(subjects.offering(offeringIdOf(account)), undefined));
  return {
    view: async (wish, store) => {
      const made = await stored(wish, store);
      await sayOffering(made);
      return sayView(made);
    },
    offering: async (wish, store) => sayOffering(await stored(wish, store)),
    ownView: async (wish, store) => sayView(await stored(wish, store)),
    offeringGone,
    made: (wish) => viewOf(wish, revision + 1).said,
    proxy: async (proxy) => void (wrote.proxy = await bus.publish(subjects.proxy(proxy.uid), encodeJson(proxy))),
    proxyGone: async (uid) => void (wrote.proxy = await bus.publish(subjects.proxy(podUid(uid)), undefined)),
    viewGone: async (account) => {
      wrote.view = await bus.publish(subjects.view(viewIdOf(account)), undefined);
      await offeringGone(account);
    },
    endpoints: async (service, addresses) => {
      const bytes = assignmentOf(service, addresses);
      const digest = digestOf(bytes);
      const payload = { name: service, digest, bytes: Buffer.from(bytes).toString("base64"), revision: ++revision, publisher: "compiler-0" };
      wrote.endpoints = await bus.publish(subjects.endpoints(service), encodeJson(payload));
      return digest;
    },
    endpointsGone: async (service) => void (wrote.endpoints = await bus.publish(subjects.endpoints(service), undefined)),
    compiled: async (through) => void (await bus.publish(subjects.compiled("compiler-0"), encodeJson({ revision: through, wrote, beside: [] } satisfies CompiledPayload))),
    answerBlobs: async () => {
      let asked = 0;
      await bus.respond(subjects.callBlob("compiler-0"), async (request) => {
        const { digests } = decodeJson(blobRequest, request);
        asked += digests.length;
        const reply: z.input<typeof blobReply> = { blobs: digests.map((digest) => Buffer.from(blobs.get(digest) ?? []).toString("base64") || null) };
        return encodeJson(reply);
      });
      return { asked: () => asked };
    },
  };
}

export interface Named {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly needs: readonly string[];
}

const noNeeds: readonly string[] = [];

function viewOf({ account, services, offeredAs = account, edition = 0, doorEdition, filters = [], secrets = [], made }: ViewWish, revision: number): { readonly said: ViewSaid; readonly resources: readonly Uint8Array[] } {
  const clusters = services.map((name) => ({ name, bytes: clusterOf(name), needs: noNeeds }));
  const doors = doorEdition === undefined ? [] : [{ name: "rds-inbound.80", bytes: encode(RouteConfigurationSchema, { name: "rds-inbound.80", virtualHosts: [{ name: `edition-${doorEdition}`, domains: ["*"] }] }), needs: noNeeds }];
  const routes = services.map((name) => ({ name: `route-${name}`, bytes: routeOf(name, edition), needs: [name] }));
  const listeners = services.map((name) => ({ name: `listener-${name}`, bytes: encode(ListenerSchema, { name: `listener-${name}` }), needs: noNeeds }));
  const { CDS, LDS, RDS } = made ?? { CDS: clusters, LDS: listeners, RDS: routes };
  const refs = (all: readonly Named[]) => all.map(({ name, bytes, needs }) => ({ name, digest: digestOf(bytes), needs }));
  const offered = { resources: { CDS: refs(CDS), ECDS: [], LDS: refs(LDS), RDS: refs(RDS), SDS: [] }, endpoints: [...services] };
  const offering = { id: offeringIdOf(offeredAs), ...offered, digest: digestOfJson(offered), revision, publisher: "compiler-0" };
  const listed = { CDS: [], ECDS: refs(filters), LDS: [], RDS: refs(doors), SDS: refs(secrets) };
  const body = { id: viewIdOf(account), identity: identityOf(account), resources: listed, endpoints: [], offering: offering.id, doors: {} };
  const own = { ...body, digest: digestOfJson(body), revision, publisher: "compiler-0" };
  const resources = { ...offered.resources, ECDS: listed.ECDS, RDS: [...listed.RDS, ...offered.resources.RDS], SDS: listed.SDS };
  return { said: { id: own.id, own, offering, resources }, resources: [...CDS, ...filters, ...secrets, ...doors, ...RDS, ...LDS].map(({ bytes }) => bytes) };
}

function clusterOf(name: string): Uint8Array {
  return encode(ClusterSchema, { name, clusterDiscoveryType: { case: "type", value: DiscoveryType.EDS }, edsClusterConfig: { serviceName: name } });
}

function routeOf(service: string, edition: number): Uint8Array {
  return encode(RouteConfigurationSchema, { name: `route-${service}`, virtualHosts: [{ name: `edition-${edition}`, domains: ["*"] }] });
}

function assignmentOf(clusterName: string, addresses: readonly string[]): Uint8Array {
  const lbEndpoints = addresses.map((each) => {
    const [address = "", port = "0"] = each.split(":");
    const value = { address, portSpecifier: { case: "portValue", value: Number(port) } } as const;
    return { hostIdentifier: { case: "endpoint", value: { address: { address: { case: "socketAddress", value } } } } as const };
  });
  return encode(ClusterLoadAssignmentSchema, { clusterName, endpoints: [{ lbEndpoints }] });
}
