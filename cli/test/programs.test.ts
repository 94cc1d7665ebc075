import type { ManifestContainer } from "@osm/sandbox";
import { expect, test } from "vitest";
import { parseProgram, programsFor } from "../src/dev/programs.ts";

const container: ManifestContainer = {
  name: "web", image: "shop/web:v1", command: ["/app/run"], args: ["--now"], env: [], ports: [{ name: "http", containerPort: 8080 }, { name: "", containerPort: 9090 }],
};

test("a stand-in takes the place of an image on its container's ports; the manifest's own command is never run here", () => {
  const command = programsFor([], "/home/me")("shop/web:v1", container);
  expect(command?.argv.slice(-3)).toEqual(["web", "8080", "9090"]);
  expect(command?.argv.join(" ")).toContain("stand-in.mjs");
  expect(command?.argv.join(" ")).not.toContain("/app/run");
});

test.each(["shop/web:v1", "shop/web"])("a program of the user's stands for the image %s", (image) => {
  const images = programsFor([{ image, command: "node server.js | tee log" }], "/home/me");
  expect(images("shop/web:v1", container)?.argv.slice(-2)).toEqual(["/home/me", "node server.js | tee log"]);
  expect(images("shop/other:v1", container)?.argv.join(" ")).toContain("stand-in.mjs");
});

test("an image is told from its tag and digest, a registry's port is part of it", () => {
  const images = programsFor([parseProgram("registry:5000/web=./serve --all=yes")], "/");
  for (const image of ["registry:5000/web", "registry:5000/web:v2", "registry:5000/web@sha256:abc123"]) expect(images(image, container)?.argv.at(-1)).toBe("./serve --all=yes");
  expect(images("registry:5000/web2:v2", container)?.argv.join(" ")).toContain("stand-in.mjs");
});

test.each(["shop/web", "=node x", "shop/web="])("%j is no program, and the form is said", (text) => {
  expect(() => parseProgram(text)).toThrow("is not IMAGE=COMMAND");
});
