import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { startInjectorAlone, type InjectorAlone } from "./injection-server.ts";
import { median, type Row } from "./report.ts";

export interface InjectionLoad {
  readonly reviews: number;
  /** Each is asked for its next review when it has answered the last. */
  readonly connections: number;
}

const shapesDir = join(import.meta.dirname, "../../libs/inject/shapes");

/** Reviews over HTTPS, of pods of ten shapes in turn, by an injector on one core: under load, and one at a time. */
export async function* injectionRows({ reviews, connections }: InjectionLoad): AsyncIterable<Row> {
  await using injector = await startInjectorAlone();
  const bodies = readdirSync(shapesDir).map((file) => reviewOf(parse(readFileSync(join(shapesDir, file), "utf8"))));
  await answered(injector, bodies, { reviews: Math.ceil(reviews / 4), connections });
  for (const [what, load] of [["reviews under load", { reviews, connections }], ["one review at a time", { reviews, connections: 1 }]] as const) {
    yield { bench: "injection", of: `${bodies.length} shapes, ${load.connections} connections`, what, values: await answered(injector, bodies, load) };
  }
}

async function answered(injector: InjectorAlone, bodies: readonly string[], { reviews, connections }: InjectionLoad): Promise<Row["values"]> {
  const times: number[] = [];
  let next = 0;
  const [began, cpuBefore] = [performance.now(), injector.cpuMs()];
  const ask = async (): Promise<void> => {
    for (let at = next++; at < reviews; at = next++) {
      const start = performance.now();
      await injector.review(bodies[at % bodies.length] ?? "");
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: connections }, ask));
  const [took, cpu] = [performance.now() - began, injector.cpuMs() - cpuBefore];
  const ordered = times.toSorted((a, b) => a - b);
  return {
    "reviews/s": (reviews / took) * 1000,
    "ms p50": median(times),
    "ms p99": ordered[Math.floor(ordered.length * 0.99)] ?? 0,
    "ms CPU a review": cpu / reviews,
    "reviews/s of a whole core": (reviews / cpu) * 1000,
  };
}

function reviewOf(object: unknown): string {
  const request = { uid: "bench", resource: { group: "", version: "v1", resource: "pods" }, operation: "CREATE", namespace: "shop", object };
  return JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request });
}
