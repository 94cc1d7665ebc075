import { needs } from "@osm/testkit";
import { expect, test } from "vitest";
import { stageNeeds, toldStory } from "./told-story.ts";

needs(...stageNeeds)("what the demo tells", () => {
  test("holds on real Envoys", async () => {
    const stdout = await toldStory([]);
    expect(stdout).toMatch(/refused twice/);
    // What failed, or ended, without leave to is in the step it belongs to.
    expect(stdout).not.toMatch(/ [1-9]\d* (failed|ended)/);
    expect(stdout.match(/ 0 failed/g)?.length).toBeGreaterThan(20);
    expect(stdout.match(/20 TCP connections held, 0 ended, [1-9]\d* lines echoed/g)?.length).toBeGreaterThan(12);
    expect(stdout).not.toMatch(/NOT AS TOLD/);
  }, 600_000);
});
