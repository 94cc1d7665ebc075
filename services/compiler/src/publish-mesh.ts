import type { Bus } from "@osm/bus";
import type { CompiledMesh } from "@osm/compile";
import { carrying, inSpan, noTracer, runTasks, type Log, type Tracer } from "@osm/runtime";
import type { Store } from "@osm/store";
import { decodeJson, endpointsPayload, proxyPayload, sentOffering, sentView, type CompiledPayload, type Origin, type Subjects } from "@osm/wire";
import { read, StreamLost, textOf, withinLife } from "./fences.ts";
import { createKeeper, type Blobs } from "./keep-blobs.ts";
import { openLedger, type LedgerOptions } from "./ledger.ts";
import { createMessages, type Messages, type StandingView } from "./messages.ts";
import { createPositions } from "./positions.ts";
import { createListCutter, type ListCutter } from "./sent-lists.ts";
import type { Shares } from "./shares.ts";

/** Speaks for one life of the stream; on another one a new publisher is opened. */
export interface Publisher extends AsyncDisposable {
  /**
   * Says what is this one's to say and stands otherwise; then that all of it is said. Nothing, once the stream has lost what
   * was known of it. @returns true when all was said that it owns.
   */
  publish(mesh: CompiledMesh): Promise<boolean>;
  /** Views as proxies have them, whoever said them. */
  standing(): Iterable<StandingView>;
  /** Who can make the blobs of what stands, this one or others that may be gone. */
  publishers(): Iterable<string>;
  /** All blobs that are listed, and those that lists travel in. */
  blobs(): Blobs;
  /** True when something that it owns stands otherwise than was said, or an entry of one that is gone is left. */
  isDisturbed(): boolean;
}

export interface PublisherDeps {
  readonly bus: Bus;
  readonly store: Store;
  readonly subjects: Subjects;
  /** Name of this replica. */
  readonly member: string;
  readonly shares: Shares;
  readonly tracer?: Tracer;
  /** The change that all that is said now follows from. */
  readonly origin: () => Origin | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called when `isDisturbed` may have become true. */
  readonly changed: () => void;
  readonly failed: (error: unknown) => void;
}

/** Reads what stands on the bus first, so that an equal world is not said again. */
export async function openPublisher(deps: PublisherDeps): Promise<Publisher> {
  const { shares, subjects, member, origin, tracer = noTracer } = deps;
  const ending = new AbortController();
  const life = { ...deps, bus: carrying(await withinLife(deps.bus), origin), signal: AbortSignal.any([deps.signal, ending.signal]) };
  let isDisturbed = false;
  const disturbed = () => {
    isDisturbed = true;
    deps.changed();
  };
  const ledgers = openLedgers({ ...life, disturbed });
  const position = createPositions({ ...life, disturbed });
  const readers = [...Object.values(ledgers), position];
  const done = runTasks(life.signal, ...readers.map((each) => () => each.done));
  done.catch(deps.failed);
  await Promise.race([Promise.all(readers.map(({ known }) => known)), done]);

  const lists = createListCutter();
  const content = createContent(lists);
  const messages = createMessages({ subjects, member, lists });
  const keep = createKeeper(deps);
  let seen: number | undefined;
  const publish = async (mesh: CompiledMesh): Promise<boolean> => {
    const epoch = shares.epoch();
    const blobs = content.of(mesh);
    if (!shares.mayWrite()) return false;
    if (epoch !== seen) for (const ledger of Object.values(ledgers)) ledger.unsettle();
    [seen, isDisturbed] = [epoch, false];
    await sayAll(ledgers, { said: messages(mesh), revision: mesh.revision, keep: () => inSpan(tracer.span("compile.store", origin()?.trace), () => keep(blobs)) });
    if (!shares.mayWrite() || shares.epoch() !== epoch) return false;
    await position.say({ revision: mesh.revision, wrote: newestOf(ledgers), beside: shares.beside() });
    shares.buried();
    return true;
  };
  return {
    publish: unlessLost(publish),
    standing: ledgers.views.values,
    publishers: function* () {
      for (const { publisher } of ledgers.views.values()) yield publisher;
      yield* ledgers.offerings.values();
    },
    blobs: content.blobs,
    isDisturbed: () => isDisturbed || position.isLeftOver(),
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await done;
    },
  };
}

/** Blobs of a mesh: its resources, and the parts that its lists travel in. */
function createContent(lists: ListCutter) {
  let content: Pick<CompiledMesh, "views" | "offerings"> = { views: [], offerings: [] };
  let blobs: Blobs = new Map();
  const of = ({ views, offerings, resources }: CompiledMesh): Blobs => {
    if (views === content.views && offerings === content.offerings) return blobs;
    content = { views, offerings };
    blobs = new Map([...[...resources.values()].map(({ digest, bytes }) => [digest, bytes] as const), ...lists.parts(views, offerings)]);
    return blobs;
  };
  return { of, blobs: () => blobs };
}

interface Saying {
  readonly said: Messages;
  readonly revision: number;
  /** Puts the bytes that views list where their readers look. */
  readonly keep: () => Promise<void>;
}

/** Endpoints first: a removal never waits. What views refer to before them, and they before the proxies that are to have them; withdrawals in reverse. */
async function sayAll({ endpoints, offerings, views, proxies, findings }: Ledgers, { said, revision, keep }: Saying): Promise<void> {
  await endpoints.put(said.endpoints, revision);
  await keep();
  await offerings.put(said.offerings, revision);
  await views.put(said.views, revision);
  await proxies.put(said.proxies, revision);
  await proxies.withdraw(said.proxies, revision);
  await views.withdraw(said.views, revision);
  await offerings.withdraw(said.offerings, revision);
  await endpoints.withdraw(said.endpoints, revision);
  await findings.put(said.findings, revision);
  await findings.withdraw(said.findings, revision);
}

function newestOf({ endpoints, offerings, views, proxies }: Ledgers): CompiledPayload["wrote"] {
  return { endpoints: endpoints.newest(), offering: offerings.newest(), view: views.newest(), proxy: proxies.newest() };
}

type Ledgers = ReturnType<typeof openLedgers>;
type Opening = Omit<LedgerOptions<unknown>, "filter" | "read"> & Pick<PublisherDeps, "subjects">;

function openLedgers({ subjects, ...options }: Opening) {
  return {
    views: openLedger<StandingView>({
      ...options,
      filter: subjects.views,
      read: ({ subject, bytes }) => {
        const view = read(() => decodeJson(sentView, bytes));
        return { key: view?.digest ?? "", owner: subject, value: view && { id: view.id, doors: view.doors, publisher: view.publisher } };
      },
    }),
    offerings: openLedger<string>({
      ...options,
      filter: subjects.offerings,
      read: ({ subject, bytes }) => {
        const offering = read(() => decodeJson(sentOffering, bytes));
        return { key: offering?.digest ?? "", owner: subject, value: offering?.publisher };
      },
    }),
    proxies: openLedger<undefined>({
      ...options,
      filter: subjects.proxies,
      read: ({ subject, bytes }) => {
        const proxy = read(() => decodeJson(proxyPayload, bytes));
        return { key: textOf(bytes), owner: proxy ? subjects.view(proxy.view) : subject, value: undefined };
      },
    }),
    endpoints: openLedger<undefined>({
      ...options,
      filter: subjects.allEndpoints,
      read: ({ subject, bytes }) => ({ key: read(() => decodeJson(endpointsPayload, bytes).digest) ?? "", owner: subject, value: undefined }),
    }),
    findings: openLedger<undefined>({
      ...options,
      filter: subjects.findingsBy("compiler"),
      read: ({ subject, bytes }) => ({ key: textOf(bytes), owner: subject, value: undefined }),
    }),
  };
}

function unlessLost(publish: Publisher["publish"]): Publisher["publish"] {
  return async (mesh) => {
    try {
      return await publish(mesh);
    } catch (err) {
      if (!(err instanceof StreamLost)) throw err;
      return false;
    }
  };
}
