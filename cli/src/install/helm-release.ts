import { parse } from "yaml";
import { Unmet, Unusable } from "../unusable.ts";
import { flagValues, isKnown, withValue } from "./chart-values.ts";
import type { Helm } from "./helm.ts";
import { heldUp, withProgress, type Watched } from "./progress.ts";
import { withValuesFile } from "./values-file.ts";

/** A release to be made or changed. */
export interface ReleaseWork {
  readonly verb: readonly string[];
  readonly chart: string;
  readonly values: object;
  /** As the user wrote them; they go before all else. */
  readonly sets: readonly string[];
  readonly timeoutS: number;
  readonly atomic: boolean;
  /** For the user, where it does not come about. */
  readonly undoing: string;
}

/** Has Helm do it, telling of the pods meanwhile. @throws Unmet that says what keeps them */
export async function release(helm: Helm, work: ReleaseWork, watched: Watched): Promise<void> {
  const { verb, chart, values, sets, timeoutS, atomic, undoing } = work;
  await withValuesFile(values, async (file) => {
    const options = ["--namespace", watched.namespace, "--values", file, ...sets.flatMap((set) => ["--set", set]), "--wait", "--timeout", `${timeoutS}s`, ...(atomic ? ["--atomic"] : [])];
    try {
      await withProgress(watched, helm.run([...verb, watched.mesh, chart, ...options]));
    } catch (error) {
      if (!(error instanceof Unmet)) throw error;
      const held = await heldUp(watched);
      throw new Unmet([error.message, ...(held.length > 0 ? ["not ready:", ...held] : []), ...(atomic ? [] : [undoing])].join("\n"), { cause: error });
    }
  });
}

/** Marks the watcher of a mesh that wants no other beside it, where later installations look. */
const onlyMesh = "osm.enforceSingleMesh";

export interface ValuesAsked {
  /** The options of the command. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly mesh: string;
  /** Undefined: as the chart has it. */
  readonly single: boolean | undefined;
}

/** What the options of a command come to for this chart. @throws Unusable for what it does not know */
export async function valuesFor(helm: Helm, chart: string, { given, mesh, single }: ValuesAsked): Promise<ReturnType<typeof flagValues>> {
  const written = await helm.run(["show", "values", chart]);
  const { values, notes } = flagValues(given, written);
  const named = withValue(values, ["osm", "meshName"], mesh);
  if (single === undefined) return { values: named, notes };
  const isKnownValue = isKnown(parse(written), onlyMesh);
  if (single && !isKnownValue) throw new Unusable(`--enforce-single-mesh: the chart has no value ${onlyMesh}; leave the option out, or name another chart with --osm-chart-path`);
  return { values: isKnownValue ? withValue(named, onlyMesh.split("."), single) : named, notes };
}
