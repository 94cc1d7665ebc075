import { join } from "node:path";
import type { AppCommand, Images, ManifestContainer } from "@osm/sandbox";
import { nodeBin } from "./sandboxed-mesh.ts";
import { Unusable } from "../unusable.ts";

/** A program of this machine that the user has for an image. */
export interface Program {
  /** The whole image, or all of it but its tag. */
  readonly image: string;
  /** For a shell. */
  readonly command: string;
}

/** Programs that run in pods, and must be readable there. */
export const podsDir = join(import.meta.dirname, "pods");

/** Reads IMAGE=COMMAND. @throws Unusable */
export function parseProgram(text: string): Program {
  const at = text.indexOf("=");
  const [image, command] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at < 0 || image === "" || command === "") throw new Unusable(`--run ${text} is not IMAGE=COMMAND, as in --run 'shop/web=node server.js'`);
  return { image, command };
}

/**
 * What runs for an image: the user's own program, else a stand-in that listens on the container's ports. What a manifest
 * itself names as command is meant for its image, and never run on this machine.
 */
export function programsFor(programs: readonly Program[], cwd: string): Images {
  return (image, container) => {
    const own = programs.find((each) => each.image === image || each.image === withoutTag(image));
    return own ? ownProgram(own, cwd) : standIn(container);
  };
}

function ownProgram({ command }: Program, cwd: string): AppCommand {
  return { argv: ["/bin/sh", "-c", 'cd "$1" && eval "$2"', "osm-dev", cwd, command], env: {} };
}

/** The environment is the manifest's, and NODE_OPTIONS in it were meant for another program. */
function standIn({ name, ports }: ManifestContainer): AppCommand {
  const clean = ["/usr/bin/env", "-u", "NODE_OPTIONS"];
  return { argv: [...clean, nodeBin, join(podsDir, "stand-in.mjs"), name, ...ports.map(({ containerPort }) => `${containerPort}`)], env: {} };
}

function withoutTag(image: string): string {
  return image.replace(/@sha256:[0-9a-f]+$/, "").replace(/:[^:/]+$/, "");
}
