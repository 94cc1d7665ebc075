import { identityName } from "@osm/model";
import { needs, scenarios } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compiled } from "./mesh-of.ts";
import { startEnvoy, type OneEnvoy } from "./one-envoy.ts";
import { secretsForTest } from "./secrets-for-test.ts";

// One Envoy runs through the views of all scenarios, one after the other: each move from a world to the next is taken as well.
/** An Envoy that is owed something waits 15 s for it and goes on without: that must not pass for an ACK. */
const warmingMs = 14_000;

needs("root", "envoy")("one running Envoy", () => {
  let envoy: OneEnvoy;
  beforeAll(async () => {
    envoy = await startEnvoy();
  });
  afterAll(() => envoy[Symbol.asyncDispose]());

  test.each([...scenarios(`${import.meta.dirname}/../scenarios`)])("ACKs every view of $name", async ({ input }) => {
    const mesh = compiled(input);
    const secrets = await secretsForTest();
    for (const view of mesh.views) {
      const words = await envoy.load(mesh, view, secrets);
      expect(words, identityName(view.identity)).toEqual([]);
    }
  }, warmingMs);
});
