import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Pod } from "@osm/sandbox";
import { z } from "zod";
import { appsDir, nodeBin } from "./stage.ts";

const opened = z.object({ opened: z.number() });
const progress = z.object({ fewest: z.number(), lines: z.number(), ended: z.number(), wrong: z.number() });
const report = z.object({ lines: z.number(), ended: z.number(), wrong: z.number(), reasons: z.record(z.string(), z.number()), servers: z.record(z.string(), z.number()) });

export type LinesReport = z.output<typeof report>;

export interface LongPlace {
  readonly host: string;
  readonly port: number;
  readonly connections?: number;
  /** Whether the server speaks first, with a line. */
  readonly greeted?: boolean;
}

/** Connections that stay open, with a line going to and fro on each every 50 ms. */
export interface LongLines {
  /** Resolves when each has had that many lines more. Rejects when one ends. */
  more(lines: number): Promise<void>;
  /** What came of them so far. `wrong` lines came back as others than were sent. */
  soFar(): { readonly lines: number; readonly ended: number; readonly wrong: number };
  allEnded(): Promise<void>;
  stop(): Promise<LinesReport>;
}

export const lineEveryMs = 50;

/** Resolves when each of the connections has had its first line. */
export async function startLines(pod: Pod, { host, port, connections = 20, greeted = false }: LongPlace): Promise<LongLines> {
  const env = { HOST: host, PORT: `${port}`, CONNECTIONS: `${connections}`, EVERY_MS: `${lineEveryMs}`, GREETING: greeted ? "1" : "" };
  const child = pod.spawn([nodeBin, join(appsDir, "long-lines.mjs")], { env });
  const last = Promise.withResolvers<LinesReport>();
  last.promise.catch(() => undefined);
  const begun = Promise.withResolvers<number>();
  let now = { fewest: 0, lines: 0, ended: 0, wrong: 0 };
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
    soFar: () => now,
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
