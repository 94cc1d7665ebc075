import { factOf, factsIn, inOrder, type EndpointSliceFact, type MeshState, type Resource } from "@osm/model";
import type { AssignmentSlice } from "./assignment-slice.ts";
import { renderAssignment, type Server } from "./render/assignment.ts";
import { serversOf, type Listed } from "./servers.ts";
import type { Neighbourhoods } from "./slice/neighbourhood.ts";
import type { BackendSlice } from "./slice/slices.ts";
import { made, type Made } from "./stage.ts";

/** Assignments by name, each beside what it was made of. */
export type Assignments = ReadonlyMap<string, Made<Resource>>;

interface Places {
  readonly state: MeshState;
  readonly places: Neighbourhoods;
}

/**
 * The endpoints' own short path: slices of a service in, one assignment out, nothing of policy in between but which
 * accounts count and what a split weighs. Only ready addresses are listed (OSM §5.12). In order of name.
 */
export function assignmentsOf(wanted: readonly AssignmentSlice[], where: Places, before: Assignments | undefined): Assignments {
  return new Map(wanted.map((slice) => {
    const of = [slice, ...slice.parts.flatMap(({ backend }) => sourcesOf(backend, where))];
    return [slice.name, made(before?.get(slice.name), of, () => assignment(slice, where))];
  }));
}

/** Assignments that are wanted, each once. */
export function distinctSlices(wanted: Iterable<AssignmentSlice>): readonly AssignmentSlice[] {
  return inOrder(new Map([...wanted].map((slice) => [slice.name, slice])).values(), ({ name }) => name);
}

/** All that the endpoints of a backend are read from. */
function sourcesOf(backend: BackendSlice, { state, places }: Places): readonly unknown[] {
  const pods = backend.only ? factsIn(state, "Pod", backend.namespace) : undefined;
  return [factOf(state, "Service", backend), slicesOf(backend, places), pods];
}

function slicesOf({ namespace, name }: BackendSlice, places: Neighbourhoods): readonly EndpointSliceFact[] {
  return places.get(namespace)?.value.endpoints.value.get(name) ?? none;
}

const none: readonly EndpointSliceFact[] = [];

function assignment({ name, parts }: AssignmentSlice, where: Places): Resource {
  return renderAssignment(name, parts.map(({ backend, weight }) => ({
    endpoints: endpointsOf(backend, where),
    share: weight === undefined ? undefined : { backend: backend.name, weight },
  })));
}

/** The pods that take new connections, in order. */
function endpointsOf(backend: BackendSlice, { state, places }: Places): readonly Server[] {
  const port = factOf(state, "Service", backend)?.ports.find((each) => each.port === backend.port);
  const counts = countingPods(state, backend);
  return serversOf(slicesOf(backend, places).flatMap((slice) => readyIn(slice, { portName: port?.name ?? "", counts })));
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

function readyIn({ ports, endpoints }: EndpointSliceFact, { portName, counts }: Wanted): readonly Listed[] {
  const port = ports.find(({ name }) => name === portName);
  return port ? endpoints.filter(({ ready, pod }) => ready && counts(pod)).map(({ address, pod }) => ({ at: `${address} ${port.port}`, pod })) : [];
}
