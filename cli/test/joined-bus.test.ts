import { createMemoryBus, type Bus } from "@osm/bus";
import { meshName } from "@osm/model";
import { rightsOf, subjectsOf } from "@osm/wire";
import { expect, test } from "vitest";
import { joinedBus } from "../src/dev/distributed/joined-bus.ts";

const mesh = meshName("osm");
const subjects = subjectsOf(mesh);

test("who looks on reads each subject by way of a service that may", async () => {
  const asked: [service: "watcher" | "compiler" | "xds", subject: string][] = [];
  await using behind = createMemoryBus();
  const by = (service: "watcher" | "compiler" | "xds"): Bus => ({
    ...behind,
    watch: (filter, options) => {
      asked.push([service, filter]);
      return behind.watch(filter, options);
    },
  });
  const bus = joinedBus({ watcher: by("watcher"), compiler: by("compiler"), xds: by("xds") });
  const { facts, syncs, views, offerings, proxies, allEndpoints, allCompiled, trust, allProgress, outcomes, verdicts, findings } = subjects;
  for (const filter of [facts, syncs, views, offerings, proxies, allEndpoints, allCompiled, trust, allProgress, outcomes, verdicts, findings, subjects.members("compiler"), subjects.members("xds")]) {
    for await (const { kind } of bus.watch(filter, { signal: AbortSignal.timeout(5000) })) if (kind === "current") break;
  }
  expect(asked.length).toBe(14);
  for (const [service, filter] of asked) expect([...rightsOf(mesh)[service].reads, ...rightsOf(mesh)[service].writes], `${service} ${filter}`).toContain(filter);
});
