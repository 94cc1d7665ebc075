import { createPump } from "@osm/runtime";
import { lineOfCall, makeCall, parseCall, type Call } from "./calls.ts";
import { openDevSession, type DevOptions, type DevSession } from "./dev-session.ts";
import { changeLines } from "./change-lines.ts";
import type { Change } from "./manifest-watch.ts";
import { Unusable } from "../unusable.ts";
import { podOf } from "./pod-of.ts";
import { podLines, shownOf } from "./shown.ts";
import { createTeller, type Teller } from "./teller.ts";
import type { Trouble } from "./trouble.ts";

export interface StayOptions extends Omit<DevOptions, "hears"> {
  /** Made once all has come up, and again after each change. */
  readonly calls: readonly Call[];
  readonly say: (line: string) => void;
  /** What the user types. */
  readonly lines: () => AsyncIterable<string>;
}

/** Runs until the signal aborts: says what is found, and of each change how long it took. */
export async function stayUp(options: StayOptions): Promise<number> {
  const { say, signal } = options;
  const broken = Promise.withResolvers<never>();
  const changes: Change[] = [];
  const teller = createTeller(say);
  let session: DevSession | undefined;
  // One thing is told after the other, and what comes meanwhile is told together.
  const telling = createPump(async () => {
    if (session) await tellNews(session, { changes, teller, options });
  }, (error) => (signal.aborted ? undefined : broken.reject(error)));
  const hears = {
    changed: (change: Change) => (changes.push(change), telling.trigger()),
    remarked: telling.trigger,
    troubled: ({ severity, line }: Trouble) => say(`${severity}: ${line}`),
  };
  await using opened = await openDevSession({ ...options, hears });
  const over = untilOver(opened, { broken: broken.promise, signal });
  const proxies = await Promise.race([opened.settle(signal), over]);
  say(`${proxies} proxies have what the manifests say. Deployments and the addresses of their pods:`);
  teller.pods(opened.run.deployments());
  session = opened;
  telling.trigger();
  await Promise.race([telling.idle(), over]);
  say("Edit a manifest, or type a call, as: shop/buyer GET http://web.shop/buy. `pods` lists the pods, Ctrl-C ends.");
  await Promise.race([Promise.all([followPods(opened, teller), followFindings(opened, telling.trigger), answerLines(opened, options)]), over]);
  return 0;
}

/** Rejects when there is nothing left to stay up for; an abort is no failure, and is left to who waits. */
async function untilOver({ done }: DevSession, { broken, signal }: { readonly broken: Promise<never>; readonly signal: AbortSignal }): Promise<never> {
  await Promise.race([done, broken]);
  signal.throwIfAborted();
  throw new Error("the mesh has ended");
}

interface News {
  /** Taken out as they are told. */
  readonly changes: Change[];
  readonly teller: Teller;
  readonly options: StayOptions;
}

async function tellNews(session: DevSession, { changes, teller, options }: News): Promise<void> {
  // A file has many objects; its first ones are not judged before its last are known.
  await session.manifests.caughtUp(options.signal);
  for (const line of await changeLines(changes.splice(0), session)) options.say(line);
  teller.findings(shownOf(await session.remarks(), session.manifests));
  for (const call of options.calls) teller.call(call.url + call.from + call.method, await answerLine(session, call));
}

async function followPods({ run }: DevSession, teller: Teller): Promise<void> {
  let isOver = false;
  run.done.catch(() => undefined).finally(() => (isOver = true));
  while (!isOver) {
    // A pod that does not start is told as trouble.
    await run.until((deployments) => (teller.pods(deployments), false)).catch(() => undefined);
  }
}

async function followFindings({ findingsChange }: DevSession, trigger: () => void): Promise<void> {
  for await (const _change of findingsChange()) trigger();
}

async function answerLines(session: DevSession, { lines, say }: StayOptions): Promise<void> {
  for await (const line of lines()) {
    if (line.trim() === "") continue;
    if (line.trim() === "pods") for (const each of podLines(session.run.deployments())) say(`  ${each}`);
    else say(await answerLine(session, line));
  }
}

/** The user's mistake is answered, and ends nothing. */
async function answerLine({ run }: DevSession, asked: Call | string): Promise<string> {
  try {
    const call = typeof asked === "string" ? parseCall(asked) : asked;
    return lineOfCall(call, await makeCall(podOf(run.deployments(), call.from), call));
  } catch (error) {
    if (error instanceof Unusable) return error.message;
    throw error;
  }
}
