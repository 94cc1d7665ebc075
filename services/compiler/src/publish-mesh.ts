import { createWriter, type Bus, type Writer } from "@osm/bus";
import type { CompiledMesh } from "@osm/compile";
import type { Digest, Finding, ObjectRef, Resource } from "@osm/model";
import { StoreUnavailable, type Store } from "@osm/store";
import {
  compiledPayload, decodeJson, encodeJson, endpointsPayload, viewPayload, type Subjects,
} from "@osm/wire";
import type { Log } from "@osm/runtime";

export interface Publisher {
  /** Takes over what stands on the bus, so that an equal world is not said again. */
  adopt(signal: AbortSignal): Promise<void>;
  /** Says what differs from before; then that all of it is said. */
  publish(mesh: CompiledMesh): Promise<void>;
}

interface PublisherDeps {
  readonly bus: Bus;
  readonly store: Store;
  readonly subjects: Subjects;
  /** Name of this replica. */
  readonly member: string;
  readonly log: Log;
}

export function createPublisher({ bus, store, subjects, member, log }: PublisherDeps): Publisher {
  const views = createWriter(bus, { sameAs: (bytes) => decodeJson(viewPayload, bytes).digest, yieldsTo: isOlder(viewPayload) });
  const proxies = createWriter(bus, { sameAs: textOf, yieldsTo: () => false });
  const endpoints = createWriter(bus, { sameAs: (bytes) => decodeJson(endpointsPayload, bytes).digest, yieldsTo: isOlder(endpointsPayload) });
  const findings = createWriter(bus, { sameAs: textOf, yieldsTo: () => false });
  const compiled = createWriter(bus, { sameAs: (bytes) => `${decodeJson(compiledPayload, bytes).revision}`, yieldsTo: () => false });
  const stored = new Set<Digest>();

  const keep = async (resources: Iterable<Resource>) => {
    const fresh = [...resources].filter(({ digest }) => !stored.has(digest));
    try {
      await store.put(fresh.map(({ bytes }) => bytes));
      for (const { digest } of fresh) stored.add(digest);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      log.warn({ blobs: fresh.length }, "store unavailable, readers will ask for blobs");
    }
  };

  return {
    adopt: async (signal) => {
      await adoptAll(bus, views, { filter: subjects.views, signal });
      await adoptAll(bus, proxies, { filter: subjects.proxies, signal });
      await adoptAll(bus, endpoints, { filter: subjects.allEndpoints, signal });
      await adoptAll(bus, findings, { filter: subjects.findingsBy("compiler"), signal });
    },
    publish: async (mesh) => {
      const said = messagesOf(mesh, { subjects, member });
      // Endpoints first: a removal never waits. Views before the proxies that are to have them; withdrawals in reverse.
      const wrote = { endpoints: await sayAll(endpoints, said.endpoints), view: 0, proxy: 0 };
      await keep(mesh.resources.values());
      wrote.view = await sayAll(views, said.views);
      wrote.proxy = Math.max(await sayAll(proxies, said.proxies), await withdrawOthers(proxies, said.proxies));
      wrote.view = Math.max(wrote.view, await withdrawOthers(views, said.views));
      wrote.endpoints = Math.max(wrote.endpoints, await withdrawOthers(endpoints, said.endpoints));
      await sayAll(findings, said.findings);
      await withdrawOthers(findings, said.findings);
      await compiled.write(subjects.compiled(member), encodeJson({ revision: mesh.revision, wrote }));
    },
  };
}

type Messages = ReadonlyMap<string, Uint8Array>;

function messagesOf(mesh: CompiledMesh, { subjects, member }: Pick<PublisherDeps, "subjects" | "member">) {
  const { revision } = mesh;
  return {
    views: messages(mesh.views, (view) => [subjects.view(view.id), { ...view, revision, publisher: member }]),
    proxies: messages(mesh.proxies, (proxy) => [subjects.proxy(proxy.uid), proxy]),
    endpoints: messages(mesh.assignments, ({ name, digest, bytes }) => [
      subjects.endpoints(name), { name, digest, bytes: Buffer.from(bytes).toString("base64"), revision, publisher: member },
    ]),
    findings: messages(byObject(mesh.findings), ([on, list]) => [subjects.finding("compiler", on), { source: "", findings: list }]),
  };
}

function messages<T>(items: Iterable<T>, message: (item: T) => readonly [subject: string, payload: unknown]): Messages {
  return new Map([...items].map((item) => {
    const [subject, payload] = message(item);
    return [subject, encodeJson(payload)];
  }));
}

function byObject(findings: readonly Finding[]): ReadonlyMap<ObjectRef, readonly Finding[]> {
  return Map.groupBy(findings, ({ on }) => on);
}

/** @returns the number of the newest entry among them. */
async function sayAll(writer: Writer, said: Messages): Promise<number> {
  let newest = 0;
  for (const [subject, bytes] of said) newest = Math.max(newest, await writer.write(subject, bytes));
  return newest;
}

async function withdrawOthers(writer: Writer, said: Messages): Promise<number> {
  let newest = 0;
  for (const subject of [...writer.standing()]) if (!said.has(subject)) newest = Math.max(newest, await writer.write(subject, undefined));
  return newest;
}

async function adoptAll(bus: Bus, writer: Writer, { filter, signal }: { readonly filter: string; readonly signal: AbortSignal }): Promise<void> {
  for await (const event of bus.watch(filter, { signal })) {
    if (event.kind === "entry") writer.adopt(event.entry);
    if (event.kind === "current") return;
  }
}

/** A value folded to a later fact is never replaced by one folded to an earlier (design: fencing). */
function isOlder(schema: typeof viewPayload | typeof endpointsPayload) {
  return (theirs: Uint8Array, ours: Uint8Array) => decodeJson(schema, theirs).revision > decodeJson(schema, ours).revision;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}
