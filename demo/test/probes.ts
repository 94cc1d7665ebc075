import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Pod } from "@osm/sandbox";
import { z } from "zod";
import { appsDir, nodeBin } from "../src/story/stage.ts";

export interface Place {
  readonly host: string;
  readonly port: number;
}

export type Answers = Readonly<Record<string, number>>;

const counted = z.object({ answers: z.record(z.string(), z.number()) });

/** Opens connections one after the other, each for one line. @returns how many had each answer: the server's name, or how it ended. */
export async function knock(pod: Pod, { host, port, count = 1 }: Place & { readonly count?: number }): Promise<Answers> {
  const { stdout } = await pod.exec([nodeBin, join(appsDir, "knock.mjs")], { env: { HOST: host, PORT: `${port}`, COUNT: `${count}` } });
  return counted.parse(JSON.parse(stdout)).answers;
}

export type Protocol = "http/1.1" | "h2c" | "grpc" | "websocket" | "binary" | "server-first";

export async function speak(pod: Pod, { host, port, as }: Place & { readonly as: Protocol }): Promise<string> {
  const { stdout } = await pod.exec([nodeBin, join(appsDir, "speak.mjs")], { env: { HOST: host, PORT: `${port}`, AS: as } });
  return z.object({ answer: z.string() }).parse(JSON.parse(stdout)).answer;
}

const heard = z.array(z.object({ port: z.number(), said: z.string() }));

/** The first bytes of each connection that reached a server's app. */
export async function heardBy(pod: Pod): Promise<z.output<typeof heard>> {
  return heard.parse(JSON.parse(await pod.fetch({ port: 9999, method: "GET", path: "/heard" })));
}

const opened = z.object({ opened: z.number() });
const progress = z.object({ fewest: z.number(), ended: z.number() });
const report = z.object({ lines: z.number(), ended: z.number(), reasons: z.record(z.string(), z.number()), servers: z.record(z.string(), z.number()) });

export type LinesReport = z.output<typeof report>;

/** Connections that stay open, with a line going to and fro on each every 50 ms. */
export interface LongLines {
  /** Resolves when each has had that many lines more. Rejects when one ends. */
  more(lines: number): Promise<void>;
  /** How many have ended so far. */
  ended(): number;
  allEnded(): Promise<void>;
  stop(): Promise<LinesReport>;
}

export const lineEveryMs = 50;

/** Resolves when each of the connections has had its first line. */
export async function startLines(pod: Pod, { host, port, connections = 20 }: Place & { readonly connections?: number }): Promise<LongLines> {
  const env = { HOST: host, PORT: `${port}`, CONNECTIONS: `${connections}`, EVERY_MS: `${lineEveryMs}` };
  const child = pod.spawn([nodeBin, join(appsDir, "long-lines.mjs")], { env });
  const last = Promise.withResolvers<LinesReport>();
  last.promise.catch(() => undefined);
  const begun = Promise.withResolvers<number>();
  let now = { fewest: 0, ended: 0 };
  let wake = Promise.withResolvers<void>();
  const read = async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      const said: unknown = JSON.parse(line);
      if (report.safeParse(said).success) last.resolve(report.parse(said));
      else if (progress.safeParse(said).success) now = progress.parse(said);
      else begun.resolve(opened.parse(said).opened);
      wake.resolve();
      wake = Promise.withResolvers<void>();
    }
    last.reject(new Error("the connections' process ended without a report"));
  };
  read().catch(last.reject);
  const open = await Promise.race([begun.promise, last.promise.then(() => 0)]);
  if (open < connections) throw new Error(`${open} of ${connections} connections to ${host}:${port} opened`);
  const next = () => Promise.race([wake.promise, last.promise.then(() => Promise.reject(new Error("the connections were ended")))]);
  return {
    ended: () => now.ended,
    more: async (lines) => {
      const wanted = now.fewest + lines;
      while (now.fewest < wanted) {
        if (now.ended > 0) throw new Error(`${now.ended} of ${connections} connections to ${host}:${port} ended`);
        await next();
      }
    },
    allEnded: async () => {
      while (now.ended < connections) await next();
    },
    stop: () => {
      child.stdin.end();
      return last.promise;
    },
  };
}
