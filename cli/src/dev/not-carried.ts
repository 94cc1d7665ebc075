import { Unusable } from "../unusable.ts";

/** In the place of `run-dev.ts` where a mesh, its pods' programs and an Envoy are not at hand. @throws Unusable */
export function runDev(): never {
  throw new Unusable("osm dev runs a whole mesh on this machine, which this file alone does not carry: in a checkout of the source it is `npm run osm -- dev`");
}
