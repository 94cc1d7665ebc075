import { createMemoryBus } from "@osm/bus";
import { silentLog } from "@osm/runtime";
import { originIn } from "@osm/wire";
import { expect, test } from "vitest";
import { keptTracer } from "../../../libs/runtime/test/kept-tracer.ts";
import { obtainIdentity } from "../src/identities.ts";
import { identityOf, subjects } from "./mesh-said.ts";

test("each try for a certificate is a trace, which rides on the request to the CA", async () => {
  await using bus = createMemoryBus();
  const { tracer, spans } = keptTracer();
  const stop = new AbortController();
  const asked: string[] = [];
  await bus.respond(subjects.callCaSign, async (_bytes, headers) => {
    asked.push(originIn(headers)?.trace ?? "none");
    stop.abort();
    throw new Error("no root");
  });
  const deps = { bus, subjects, replica: "xds-0", log: silentLog, tracer, now: Date.now };
  expect(await obtainIdentity(identityOf("web"), deps, stop.signal)).toBeUndefined();
  expect(spans).toMatchObject([{ name: "ads.identity", parent: undefined, failed: true, fields: { namespace: "shop", serviceAccount: "web", failures: 0 } }]);
  expect(asked).toEqual([expect.stringContaining(spans[0]?.id ?? "no span")]);
});
