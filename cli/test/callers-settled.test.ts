import { createMemoryBus } from "@osm/bus";
import { meshName, type EndpointSliceFact } from "@osm/model";
import { encodeJson, subjectsOf } from "@osm/wire";
import { expect, test } from "vitest";
import { callersSettled } from "../src/dev/callers-settled.ts";

const mesh = meshName("osm");
const subjects = subjectsOf(mesh);
const ip = "10.0.0.2";

/** A bus that knows the pod as an endpoint of a service, and how far one replica is. */
function stage() {
  const bus = createMemoryBus();
  const slice = (service: string, endpoints: EndpointSliceFact["endpoints"]) =>
    bus.publish(subjects.fact("EndpointSlice", "shop", service), encodeJson({ fact: { kind: "EndpointSlice", namespace: "shop", name: service, service, ports: [], endpoints }, observedAt: 0 }));
  const progress = (revision: number, settled = 3) => bus.publish(subjects.progress("xds-0"), encodeJson({ revision, proxies: 3, settled, settledAt: 0 }));
  let isSettled = false;
  const start = () => callersSettled({ bus, mesh }, { ip }).then(() => (isSettled = true));
  /** What has been published so far has been read when a later reader of the same has read it. */
  const read = async () => {
    for await (const event of bus.watch(">", { signal: AbortSignal.timeout(5000) })) if (event.kind === "current") break;
    await new Promise(setImmediate);
  };
  return { bus, slice, progress, start, read, isSettled: () => isSettled };
}

const endpoint = (ready: boolean) => ({ address: ip, ready, pod: "web" });

test("waits until no service has the pod as ready, and then for every proxy's ACK of that", async () => {
  const { slice, progress, start, read, isSettled } = stage();
  await slice("web", [endpoint(true)]);
  await slice("all", [endpoint(true), { address: "10.0.0.3", ready: true, pod: "other" }]);
  await progress(2);
  const done = start();
  await slice("web", [endpoint(false)]);
  await progress(3);
  await read();
  expect(isSettled()).toBe(false);

  const revision = await slice("all", [{ address: "10.0.0.3", ready: true, pod: "other" }]);
  await progress(revision - 1);
  await read();
  expect(isSettled()).toBe(false);
  await progress(revision, 2);
  await read();
  expect(isSettled()).toBe(false);
  await progress(revision);
  await done;
});

test("does not wait for a pod that no service selects", async () => {
  const { slice, progress, start } = stage();
  await slice("web", [{ address: "10.0.0.3", ready: true, pod: "other" }]);
  await progress(1);
  await start();
});
