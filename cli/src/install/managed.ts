import type { Env } from "@osm/runtime";
import { savedSettings, settingsFile } from "../frame/saved-settings.ts";
import { Unusable } from "../unusable.ts";

/** Where somebody else looks after the mesh, it is not installed, upgraded or removed from here. @throws Unusable */
export function refuseIfManaged(env: Env, what: string): void {
  if (savedSettings(env).install.kind === "managed") throw new Unusable(`${what} is not for a managed mesh: whoever manages it does that. ${settingsFile(env)} says install.kind: managed; correct it where that is wrong`);
}
