import { join } from "node:path";
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
