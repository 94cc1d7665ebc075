import { reversed, scenarios, shuffled } from "@osm/testkit";
import { describe, expect, test } from "vitest";
import { goldenFiles } from "./golden-files.ts";
import { compiled } from "./mesh-of.ts";

// One folder a scenario: Kubernetes YAML in, Envoy YAML out, and what the user was told. The name is what must hold.
describe.each(scenarios(`${import.meta.dirname}/../scenarios`))("$name", ({ input, golden, goldens }) => {
  const files = goldenFiles(compiled(input));

  test.each([...files])("%s", async (file, content) => {
    await expect(content).toMatchFileSnapshot(golden(file));
  });
  test("does not depend on the order manifests arrive in", () => {
    for (const other of [reversed(input), shuffled(input, 1), shuffled(input, 2)]) expect(goldenFiles(compiled(other))).toEqual(files);
  });
  test("leaves no stale golden behind", () => {
    expect(goldens).toEqual([...files.keys()].sort());
  });
});
