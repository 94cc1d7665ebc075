import { meshSettings, type InjectionSettings } from "@osm/inject";
import type { Log } from "@osm/runtime";

export interface OwnSettings {
  readonly settings: () => InjectionSettings;
  /** The mesh's MeshConfig has this content now. One that cannot be read is logged by its field, and the last good one stays. */
  readonly written: (meshConfig: unknown) => void;
}

/** The settings of the injector's own mesh. */
export function createOwnSettings(installed: () => InjectionSettings, log: Log): OwnSettings {
  let good: unknown = {};
  let made: { readonly of: InjectionSettings; readonly good: unknown; readonly settings: InjectionSettings } | undefined;
  return {
    settings: () => {
      const of = installed();
      if (made?.of === of && made.good === good) return made.settings;
      const read = meshSettings(of, good);
      made = { of, good, settings: read.kind === "settings" ? read.settings : of };
      return made.settings;
    },
    written: (meshConfig) => {
      const read = meshSettings(installed(), meshConfig);
      switch (read.kind) {
        case "unreadable":
          log.warn({ field: read.field }, "MeshConfig unreadable: the last good one stays");
          break;
        case "settings":
          good = meshConfig;
      }
    },
  };
}
