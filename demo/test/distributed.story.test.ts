import { needs } from "@osm/testkit";
import { expect, test } from "vitest";
import { backbonePrograms, stageNeeds, toldStory } from "./told-story.ts";

needs(...stageNeeds, "nats-server", "redis-server")("what the demo tells with each service as processes of its own", () => {
  test("holds on real Envoys, NATS and Redis, with two xDS servers, two compilers and two certificate authorities", async () => {
    const told = await toldStory(["--distributed"], backbonePrograms());
    const [, seconds] = /told by separate processes on NATS and Redis in (\d+) s/.exec(told) ?? [];
    console.log(`the story of separate processes took ${seconds} s`);
    expect(told).toMatch(/refused twice/);
    expect(told).toMatch(/since: RDS 1, the one change/);
    expect(told).not.toMatch(/ [1-9]\d* (failed|ended)|NOT AS TOLD/);
    expect(told.match(/ 0 failed/g)?.length).toBeGreaterThan(20);
    expect(told.match(/20 TCP connections held, 0 ended, [1-9]\d* lines echoed/g)?.length).toBeGreaterThan(12);
    expect(seconds).toBeDefined();
  }, 600_000);
});
