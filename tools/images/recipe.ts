import type { ImagePlan } from "./archive.ts";

/** What an image is made of: fills folders below `work` and says how it runs. */
export interface Recipe {
  readonly name: string;
  readonly tag: string;
  /** Where it is called by another name than its registry's, as manifests that we do not write call it. */
  readonly ref?: string;
  /** @throws Error where this machine lacks what goes into it. */
  readonly prepare: (work: string) => Promise<Omit<ImagePlan, "ref">>;
}

/** Programs of this machine, by the variables that name them to tests. */
export type Programs = Readonly<Record<string, string | undefined>>;
