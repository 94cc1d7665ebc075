import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Pod } from "@osm/sandbox";
import { z } from "zod";
import { appsDir, nodeBin } from "./stage.ts";

export interface LoadOptions {
  readonly url: string;
  readonly method?: string;
  /** Calls a second, over all connections. */
  readonly rate?: number;
  /** Half of them are kept open. */
  readonly connections?: number;
  readonly count?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Answers are told apart by this header of the response as well. */
  readonly byHeader?: string;
}

/** What came of the calls: how many had each answer, a status or the code of an error. */
export interface Report {
  readonly sent: number;
  readonly answers: Readonly<Record<string, number>>;
}

/** A moment at which the answers changed. Milliseconds since 1970. */
export interface Turn {
  readonly at: number;
  readonly answer: string;
}

export interface Load {
  /** The next change of the answer to this one. */
  turn(answer: string): Promise<Turn>;
  /** Resolves when that many calls more have been answered, in whatever way. */
  more(calls: number): Promise<void>;
  /** What has been answered so far, to within ten calls. */
  soFar(): Report;
  stop(): Promise<Report>;
  /** Waits until all calls that were to be made are. */
  done(): Promise<Report>;
}

const turn = z.object({ at: z.number(), answer: z.string() });
const progress = z.object({ done: z.number(), answers: z.record(z.string(), z.number()) });
const report = z.object({ sent: z.number(), answers: z.record(z.string(), z.number()) });

/** Calls from within a pod, as its app would, until stopped or counted out. */
export async function startLoad(pod: Pod, options: LoadOptions): Promise<Load> {
  const child = pod.spawn([nodeBin, join(appsDir, "caller.mjs")], { env: environmentOf(options) });
  const turns: Turn[] = [];
  const last = Promise.withResolvers<Report>();
  const begun = Promise.withResolvers<void>();
  let now: Report = { sent: 0, answers: {} };
  let wake = Promise.withResolvers<void>();

  const read = async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      const said: unknown = JSON.parse(line);
      if (report.safeParse(said).success) last.resolve(report.parse(said));
      else if (turn.safeParse(said).success) turns.push(turn.parse(said));
      else if (progress.safeParse(said).success) now = reportOf(progress.parse(said));
      begun.resolve();
      wake.resolve();
      wake = Promise.withResolvers<void>();
    }
    last.reject(new Error("the caller ended without a report"));
  };
  read().catch(last.reject);
  last.promise.catch(() => undefined);
  await Promise.race([begun.promise, last.promise]);
  return {
    turn: async (answer) => {
      for (;;) {
        const found = turns.find((each) => each.answer === answer);
        if (found) return found;
        await Promise.race([wake.promise, last.promise.then(() => Promise.reject(new Error(`never answered ${answer}`)))]);
      }
    },
    more: async (calls) => {
      const wanted = now.sent + calls;
      const ended = last.promise.then(() => Promise.reject(new Error("the load has ended before")));
      ended.catch(() => undefined);
      while (now.sent < wanted) await Promise.race([wake.promise, ended]);
    },
    soFar: () => now,
    done: () => last.promise,
    stop: () => {
      child.stdin.end();
      return last.promise;
    },
  };
}

function reportOf({ done, answers }: z.output<typeof progress>): Report {
  return { sent: done, answers };
}

function environmentOf({ url, method = "GET", rate = 60, connections = 10, count, headers = {}, body = "", byHeader = "" }: LoadOptions): Readonly<Record<string, string>> {
  const counted = count === undefined ? {} : { COUNT: `${count}` };
  return { URL: url, METHOD: method, RATE: `${rate}`, CONNECTIONS: `${connections}`, REPORT: "changes", HEADERS: JSON.stringify(headers), BODY: body, BY_HEADER: byHeader, ...counted };
}

/** The answer to one call. */
export async function call(pod: Pod, url: string, method = "GET"): Promise<string> {
  const load = await startLoad(pod, { url, method, connections: 1, count: 1 });
  return Object.keys((await load.stop()).answers).join() || "nothing";
}
