import type { MeshName } from "@osm/model";
import { rightsOf, services, streamOf, type Service } from "@osm/wire";
import { inboxPrefix } from "./inbox.ts";

/** What a user of a NATS server may do; all else is refused. */
export interface NatsPermissions {
  readonly publish: readonly string[];
  /** `subject` or `subject queue`. */
  readonly subscribe: readonly string[];
  /** May answer each request that reached it, once. */
  readonly mayAnswer: boolean;
}

/** All who answer a subject are in this queue. */
export const queue = "osm";

/** A service's user; in whatever account, no two meshes share a name. */
export function natsUser(mesh: MeshName, service: Service): string {
  return `${mesh}-${service}`;
}

/** Whether a user may make the stream. Of one that is none of ours nobody here can tell: it may try, and the server says. */
export function maySetUp(mesh: MeshName, user: string): boolean {
  const service = services.find((each) => natsUser(mesh, each) === user);
  return service === undefined || rightsOf(mesh)[service].setsUp;
}

/**
 * The permissions of a service, from its rights. Reading is leave to make a consumer of exactly that filter, and to take from
 * consumers whose names nobody can guess. Nobody may list, look at or delete consumers or messages, nor read by
 * JetStream's get calls, which know no filter, or write their answer where the caller says.
 */
export function natsPermissions(mesh: MeshName, service: Service): NatsPermissions {
  const { writes, reads, asks, answers, setsUp } = rightsOf(mesh)[service];
  const { name } = streamOf(mesh);
  const api = "$JS.API";
  const read = [...new Set([...reads, ...writes])];
  const usesStream = read.length > 0;
  return {
    publish: [
      ...writes,
      ...asks,
      ...read.map((filter) => `${api}.CONSUMER.CREATE.${name}.*.${filter}`),
      ...(usesStream ? [`${api}.CONSUMER.MSG.NEXT.${name}.*`, `${api}.STREAM.INFO.${name}`] : []),
      ...(setsUp ? [`${api}.STREAM.CREATE.${name}`, `${api}.STREAM.UPDATE.${name}`] : []),
    ],
    subscribe: [`${inboxPrefix(natsUser(mesh, service))}.>`, ...answers.map((subject) => `${subject} ${queue}`)],
    mayAnswer: answers.length > 0,
  };
}
