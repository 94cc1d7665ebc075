import { BusError, createWriter, type Bus, type Writer } from "@osm/bus";
import type { CompiledMesh } from "@osm/compile";
import type { Digest, Resource } from "@osm/model";
import type { Log } from "@osm/runtime";
import { StoreUnavailable, type Store } from "@osm/store";
import { decodeJson, encodeJson, endpointsPayload, PayloadError, viewPayload, type Subjects, type ViewPayload } from "@osm/wire";
import { datedBy, isOfLostStream, positions, undated, withdrawDated, withinLife, StreamLost } from "./fences.ts";
import { messagesOf, type Messages } from "./messages.ts";

/** Speaks for one life of the stream; on another one a new publisher is opened. */
export interface Publisher {
  /** Says what differs from before; then that all of it is said. Nothing, once the stream has lost what was adopted. */
  publish(mesh: CompiledMesh): Promise<void>;
  /** Views that were found: what the first compilation goes on from. */
  readonly found: readonly ViewPayload[];
}

export interface PublisherDeps {
  readonly bus: Bus;
  readonly store: Store;
  readonly subjects: Subjects;
  /** Name of this replica. */
  readonly member: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Takes over what stands on the bus, so that an equal world is not said again. */
export async function openPublisher(deps: PublisherDeps): Promise<Publisher> {
  const { subjects, member } = deps;
  const bus = await withinLife(deps.bus);
  const views = createWriter(bus, datedBy(viewPayload));
  const proxies = createWriter(bus, undated);
  const endpoints = createWriter(bus, datedBy(endpointsPayload));
  const findings = createWriter(bus, undated);
  const compiled = createWriter(bus, positions);
  const keep = createKeeper(deps);

  const found: ViewPayload[] = [];
  await adoptAll(deps, { writer: views, filter: subjects.views, schema: viewPayload, seen: (bytes) => found.push(...viewsIn(bytes)) });
  await adoptAll(deps, { writer: proxies, filter: subjects.proxies });
  await adoptAll(deps, { writer: endpoints, filter: subjects.allEndpoints, schema: endpointsPayload });
  await adoptAll(deps, { writer: findings, filter: subjects.findingsBy("compiler") });

  const publish = async (mesh: CompiledMesh) => {
    const { revision } = mesh;
    const said = messagesOf(mesh, { subjects, member });
    const dated = (writer: Writer, schema: typeof viewPayload | typeof endpointsPayload) => (subject: string) => withdrawDated(bus, writer, { schema, subject, revision });
    // Endpoints first: a removal never waits. Views before the proxies that are to have them; withdrawals in reverse.
    const wrote = { endpoints: await sayAll(deps, endpoints, said.endpoints), view: 0, proxy: 0 };
    await keep(mesh.resources);
    wrote.view = await sayAll(deps, views, said.views);
    wrote.proxy = Math.max(await sayAll(deps, proxies, said.proxies), await withdrawOthers(proxies, said.proxies));
    wrote.view = Math.max(wrote.view, await withdrawOthers(views, said.views, dated(views, viewPayload)));
    wrote.endpoints = Math.max(wrote.endpoints, await withdrawOthers(endpoints, said.endpoints, dated(endpoints, endpointsPayload)));
    await sayAll(deps, findings, said.findings);
    await withdrawOthers(findings, said.findings);
    await compiled.write(subjects.compiled(member), encodeJson({ revision, wrote }));
  };
  return { publish: unlessLost(publish), found };
}

function unlessLost(publish: Publisher["publish"]): Publisher["publish"] {
  return async (mesh) => {
    try {
      await publish(mesh);
    } catch (err) {
      if (!(err instanceof StreamLost)) throw err;
    }
  };
}

/** Puts resources into the store, each once while it is in use. Without the store it goes on: readers ask for blobs. */
function createKeeper({ store, log }: PublisherDeps) {
  let stored = new Set<Digest>();
  return async (resources: ReadonlyMap<Digest, Resource>) => {
    const fresh = [...resources.values()].filter(({ digest }) => !stored.has(digest));
    try {
      await store.put(fresh.map(({ bytes }) => bytes));
      stored = new Set(resources.keys());
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      log.warn({ blobs: fresh.length }, "store unavailable, readers will ask for blobs");
    }
  };
}

/** @returns the number of the newest entry among them. What no payload can hold is left out, and a person told. */
async function sayAll({ log }: PublisherDeps, writer: Writer, said: Messages): Promise<number> {
  let newest = 0;
  for (const [subject, bytes] of said) {
    try {
      newest = Math.max(newest, await writer.write(subject, bytes));
    } catch (err) {
      if (!(err instanceof BusError) || err.code !== "PayloadTooLarge") throw err;
      log.error({ err, subject, bytes: bytes.length }, "too large to say, earlier one stays");
    }
  }
  return newest;
}

async function withdrawOthers(writer: Writer, said: Messages, withdraw = (subject: string) => writer.write(subject, undefined)): Promise<number> {
  let newest = 0;
  for (const subject of [...writer.standing()]) if (!said.has(subject)) newest = Math.max(newest, await withdraw(subject));
  return newest;
}

interface Adopting {
  readonly writer: Writer;
  readonly filter: string;
  /** Where values carry a revision. */
  readonly schema?: typeof viewPayload | typeof endpointsPayload;
  readonly seen?: (bytes: Uint8Array) => unknown;
}

async function adoptAll({ bus, signal }: PublisherDeps, { writer, filter, schema, seen = () => undefined }: Adopting): Promise<void> {
  for await (const event of bus.watch(filter, { signal })) {
    if (event.kind === "entry") writer.adopt(event.entry);
    if (event.kind === "entry" && schema && isOfLostStream(schema, event.entry)) await writer.write(event.entry.subject, undefined);
    if (event.kind === "entry" && event.entry.bytes) seen(event.entry.bytes);
    if (event.kind === "current") return;
  }
}

/** One, or none in what cannot be read. */
function viewsIn(bytes: Uint8Array): readonly ViewPayload[] {
  try {
    return [decodeJson(viewPayload, bytes)];
  } catch (err) {
    if (!(err instanceof PayloadError)) throw err;
    return [];
  }
}
