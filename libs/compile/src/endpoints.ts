import { distinct, factOf, factsIn, inOrder, type EndpointSliceFact, type MeshState, type Resource } from "@osm/model";
import type { AssignmentSlice } from "./assignment-slice.ts";
import { renderAssignment } from "./render/assignment.ts";
import type { BackendSlice } from "./slice/slices.ts";

/**
 * The endpoints' own short path: slices of a service in, one assignment out, nothing of policy in between but which
 * accounts count and what a split weighs. Only ready addresses are listed (osm.md §5.12).
 */
export function assignmentsOf(state: MeshState, wanted: Iterable<AssignmentSlice>): readonly Resource[] {
  const byName = new Map([...wanted].map((slice) => [slice.name, slice]));
  return inOrder(byName.values(), ({ name }) => name).map(({ name, parts }) =>
    renderAssignment(name, parts.map(({ backend, weight }) => ({
      endpoints: endpointsOf(state, backend),
      share: weight === undefined ? undefined : { backend: backend.name, weight },
    }))),
  );
}

/** `<ip> <port>` of each ready endpoint, distinct and in order. */
function endpointsOf(state: MeshState, backend: BackendSlice): readonly string[] {
  const port = factOf(state, "Service", backend)?.ports.find((each) => each.port === backend.port);
  const slices = [...factsIn(state, "EndpointSlice", backend.namespace).values()].filter((slice) => slice.service === backend.name);
  return distinct(slices.flatMap((slice) => readyIn(slice, { portName: port?.name ?? "", counts: countingPods(state, backend) })));
}

/** Where only some accounts may be reached, a pod must be known to run as one of them. */
function countingPods(state: MeshState, { namespace, only }: BackendSlice): (pod: string) => boolean {
  if (!only) return () => true;
  const pods = factsIn(state, "Pod", namespace);
  return (pod) => only.includes(pods.get(pod)?.serviceAccount ?? "");
}

interface Wanted {
  readonly portName: string;
  readonly counts: (pod: string) => boolean;
}

function readyIn({ ports, endpoints }: EndpointSliceFact, { portName, counts }: Wanted): readonly string[] {
  const port = ports.find(({ name }) => name === portName);
  return port ? endpoints.filter(({ ready, pod }) => ready && counts(pod)).map(({ address }) => `${address} ${port.port}`) : [];
}
