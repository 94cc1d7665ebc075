import type { Fact } from "@osm/model";
import { decodeJson, factPayload } from "@osm/wire";
import fc from "fast-check";
import { createBench, published, subjects, type Bench } from "./bench.ts";
import { meshConfig, pod, service, slice } from "./mesh-facts.ts";

const app = fc.constantFrom("anna", "bert", "cleo", "dora", "emil");
/** Facts of a small pool, so that they keep changing the same objects. */
export const fact: fc.Arbitrary<Fact> = fc.oneof(
  app.map((name) => pod(name)),
  app.map((name) => service(name, `10.96.1.${name.charCodeAt(0)}`)),
  fc.boolean().map((permissive) => ({ ...meshConfig, permissive })),
  // Some claim an address that is taken, so that there are findings.
  app.map((name) => service(name, "10.96.0.1")),
  fc.tuple(app, fc.integer({ min: 1, max: 3 })).map(([name, last]) => slice(name, [`10.0.0.${last}`])),
);
/** What readers are told, without who said it and when. */
export async function told(bench: Bench) {
  const { views, offerings, proxies, endpoints, findings } = await published(bench);
  const timeless = <T extends object>(list: readonly T[]) => list.map((each) => JSON.stringify({ ...each, revision: 0, publisher: "" })).toSorted();
  return { views: timeless(views), offerings: timeless(offerings), proxies: timeless(proxies), endpoints: timeless(endpoints), findings: timeless(findings) };
}

/** What a single compiler tells that starts with the same facts on an empty bus. */
export async function toldAnew(bench: Bench): Promise<Awaited<ReturnType<typeof told>>> {
  await using alone = createBench();
  for (const { bytes } of await bench.standing(subjects.facts)) await alone.say(decodeJson(factPayload, bytes ?? new Uint8Array()).fact);
  await alone.barrier();
  await alone.start("alone").ready;
  return await told(alone);
}
