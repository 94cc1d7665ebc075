import { z } from "zod";
import { inForm, type Fault } from "../fault.ts";
import type { Writing } from "../writing.ts";

const limited = z.object({ local: z.object({ http: z.object({ responseStatusCode: z.int().nullish() }).nullish() }).nullish() }).nullish();
const schema = z.object({ spec: z.object({ host: z.string(), rateLimit: limited, httpRoutes: z.array(z.object({ rateLimit: limited })).nullish() }) });

/** The codes that Envoy has a name for; it refuses a route with another. */
const named: ReadonlySet<number> = new Set([100, ...span(200, 208), 226, ...span(300, 305), 307, 308, ...span(400, 417), ...span(421, 424), 426, 428, 429, 431, ...span(500, 508), 510, 511]);

export function trafficSettingFaults({ object }: Writing): readonly Fault[] {
  return inForm(schema, object, ({ spec: { host, rateLimit, httpRoutes } }) => [
    ...(host.split(".").filter((part) => part !== "").length >= 2 ? [] : [{ field: "spec.host", what: `${host} does not say its namespace: write <service>.<namespace>` }]),
    ...codeFaults("spec.rateLimit", rateLimit),
    ...(httpRoutes ?? []).flatMap((route, at) => codeFaults(`spec.httpRoutes[${at}].rateLimit`, route.rateLimit)),
  ]);
}

function codeFaults(field: string, limit: z.output<typeof limited>): readonly Fault[] {
  const code = limit?.local?.http?.responseStatusCode ?? undefined;
  if (code === undefined || code === 0 || named.has(code)) return [];
  return [{ field: `${field}.local.http.responseStatusCode`, what: `Envoy has no status ${code}: write one that it has, as 429` }];
}

function span(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
