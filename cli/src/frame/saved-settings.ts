import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Env } from "@osm/runtime";
import { parse } from "yaml";
import { z } from "zod";
import { Unusable } from "../unusable.ts";
import { homeFolder } from "./home-folder.ts";

const schema = z.object({
  install: z.object({
    /** `managed`: somebody else installs, upgrades and removes the mesh. */
    kind: z.enum(["self-hosted", "managed"]).default("self-hosted"),
    distribution: z.string().default(""),
    namespace: z.string().regex(/^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$/).default(""),
  }).prefault({}),
});
export type SavedSettings = z.output<typeof schema>;

/** Settings of the user's file, `$OSM_CONFIG` or `~/.osm/config.yaml`, where there is one. @throws Unusable that names the field */
export function savedSettings(env: Env): SavedSettings {
  const file = settingsFile(env);
  if (!existsSync(file)) {
    if (env["OSM_CONFIG"]) throw new Unusable(`there is no file ${file}: correct OSM_CONFIG, or unset it`);
    return schema.parse({});
  }
  const read = schema.safeParse(contentOf(file) ?? {});
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Unusable(`${file}: ${issue?.path.join(".") || "the file"}: ${issue?.message ?? "cannot be read"}; correct it, or name another file with OSM_CONFIG`);
}

export function settingsFile(env: Env): string {
  return env["OSM_CONFIG"] || join(homeFolder(env), ".osm", "config.yaml");
}

function contentOf(file: string): unknown {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch {
    throw new Unusable(`${file} is no YAML that can be read: correct it, or name another file with OSM_CONFIG`);
  }
}
