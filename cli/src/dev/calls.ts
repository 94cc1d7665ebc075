import { join } from "node:path";
import type { Pod } from "@osm/sandbox";
import { z } from "zod";
import { Unusable } from "../unusable.ts";
import { podsDir } from "./programs.ts";
import { nodeBin } from "./sandboxed-mesh.ts";

/** A call from a pod, and what the user expects of it. */
export interface Call {
  /** "namespace/name" of a Deployment. */
  readonly from: string;
  readonly method: string;
  readonly url: string;
  readonly expected: Expected;
}

export type Expected = { readonly kind: "nothing" } | { readonly kind: "allowed" } | { readonly kind: "denied" } | { readonly kind: "status"; readonly status: number };

export type Answer =
  | { readonly kind: "status"; readonly status: number; readonly text: string }
  /** Bytes over a connection of TCP. */
  | { readonly kind: "bytes"; readonly text: string }
  /** The connection ended without an answer; `how` is the code of an error, or CLOSED. */
  | { readonly kind: "ended"; readonly how: string };

const form = "FROM METHOD URL [= allowed|denied|STATUS], as in 'shop/buyer GET http://web.shop/buy = allowed' or 'shop/buyer TCP tcp://db.shop:5432 = denied'";
const pattern = /^\s*([a-z0-9.-]+\/[a-z0-9.-]+)\s+([A-Z]+)\s+((?:http|tcp):\/\/\S+?)\s*(?:=\s*(\S+))?\s*$/;

/** @throws Unusable that says the form. */
export function parseCall(text: string): Call {
  const [, from = "", method = "", url = "", expected] = pattern.exec(text) ?? [];
  if (!URL.canParse(url) || (method === "TCP") !== url.startsWith("tcp:") || (method === "TCP" && new URL(url).port === "")) throw new Unusable(`not a call: ${text.trim()}. A call is ${form}`);
  return { from, method, url, expected: parseExpected(expected, text) };
}

function parseExpected(word: string | undefined, text: string): Expected {
  if (word === undefined) return { kind: "nothing" };
  if (word === "allowed" || word === "denied") return { kind: word };
  if (/^[1-5]\d\d$/.test(word)) return { kind: "status", status: Number(word) };
  throw new Unusable(`nothing can be expected as ${word}: ${text.trim()}. A call is ${form}`);
}

const said = z.union([z.object({ status: z.number(), text: z.string() }), z.object({ ended: z.string(), text: z.string() })]);

/** Makes the call as the pod's app would, through its sidecar. */
export async function makeCall(pod: Pod, { method, url }: Call): Promise<Answer> {
  const { stdout, stderr } = await pod.exec([nodeBin, join(podsDir, "ask.mjs"), method, url]);
  if (stdout === "") throw new Error(`a call from ${pod.namespace}/${pod.name} could not be made: ${stderr.trim()}`);
  const answer = said.parse(JSON.parse(stdout));
  if ("ended" in answer) return { kind: "ended", how: answer.ended };
  return answer.status === 0 ? { kind: "bytes", text: answer.text } : { kind: "status", ...answer };
}

/** Whether an answer is as expected. A name that nobody has, or a server that is not there, is neither leave nor refusal. */
export function isAsExpected(answer: Answer, expected: Expected): boolean {
  switch (expected.kind) {
    case "nothing":
      return true;
    case "allowed":
      return answer.kind === "bytes" || (answer.kind === "status" && answer.status !== 403 && answer.status !== 503);
    case "denied":
      return (answer.kind === "status" && answer.status === 403) || (answer.kind === "ended" && refusals.has(answer.how));
    case "status":
      return answer.kind === "status" && answer.status === expected.status;
  }
}

/** How a sidecar ends a connection that it has no leave for. */
const refusals: ReadonlySet<string> = new Set(["ECONNRESET", "ECONNREFUSED", "CLOSED", "EPIPE"]);

/** One line: the call, its answer, and whether that was expected. */
export function lineOfCall(call: Call, answer: Answer): string {
  const verdict = call.expected.kind === "nothing" ? "" : isAsExpected(answer, call.expected) ? ", as expected" : `, NOT as expected (${wordOf(call.expected)})`;
  return `${call.from} ${call.method} ${call.url}: ${sentenceOf(answer)}${verdict}`;
}

function wordOf(expected: Expected): string {
  return expected.kind === "status" ? `${expected.status}` : expected.kind;
}

function sentenceOf(answer: Answer): string {
  switch (answer.kind) {
    case "status":
      return `${answer.status}${firstLine(answer.text)}`;
    case "bytes":
      return `answered${firstLine(answer.text)}`;
    case "ended":
      return answer.how === "ENOTFOUND" || answer.how === "EAI_AGAIN" ? `no service has that name (${answer.how})` : `refused, the connection was ended (${answer.how})`;
  }
}

function firstLine(text: string): string {
  const [line = ""] = text.split("\n");
  return line === "" ? "" : `  ${line}`;
}
