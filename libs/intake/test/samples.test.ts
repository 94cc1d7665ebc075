import { readdirSync, readFileSync } from "node:fs";
import { isRead, headOf, parseObject, splitDocuments } from "@osm/intake";
import { describe, expect, test } from "vitest";
import { mesh } from "./reading.ts";

interface Sample {
  readonly title: string;
  readonly object: unknown;
}

/** Those of the kinds that become facts. */
function samplesIn(folder: string): readonly Sample[] {
  const place = `${import.meta.dirname}/samples/${folder}`;
  return readdirSync(place).flatMap((file) => {
    const read = splitDocuments(readFileSync(`${place}/${file}`, "utf8"));
    if (read.kind === "broken") throw new Error(`${folder}/${file}: ${read.reason}`);
    return read.objects.flatMap((object) => {
      const head = headOf(object);
      return head && isRead(head) ? [{ title: `${head.kind} ${head.name}`, object }] : [];
    });
  });
}

// What the API server makes of them is tried with it, in tools/test.
describe("samples", () => {
  test.each(samplesIn("valid"))("$title is read without a word", ({ object }) => {
    expect(parseObject(object, mesh).findings).toEqual([]);
  });

  test.each([...samplesIn("invalid"), ...samplesIn("kept")].filter(({ title }) => !title.startsWith("MeshConfig")))("$title is not read as it is written, and says so", ({ object }) => {
    expect(parseObject(object, mesh).findings.map(({ severity }) => severity)).toContain("error");
  });
});
