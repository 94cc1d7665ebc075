import type { CompiledMesh } from "@osm/compile";
import type { Finding, ObjectRef } from "@osm/model";
import { encodeJson, type Subjects } from "@osm/wire";

/** Payloads by subject. */
export type Messages = ReadonlyMap<string, Uint8Array>;

interface Speaking {
  readonly subjects: Subjects;
  readonly member: string;
}

/** All that there is to say of a mesh. */
export function messagesOf(mesh: CompiledMesh, { subjects, member }: Speaking) {
  const { revision } = mesh;
  return {
    views: messages(mesh.views, (view) => [subjects.view(view.id), { ...view, revision, publisher: member }]),
    proxies: messages(mesh.proxies, (proxy) => [subjects.proxy(proxy.uid), proxy]),
    endpoints: messages(mesh.assignments, ({ name, digest, bytes }) => [
      subjects.endpoints(name), { name, digest, bytes: Buffer.from(bytes).toString("base64"), revision, publisher: member },
    ]),
    findings: messages(byObject(mesh.findings), ([on, list]) => [subjects.finding("compiler", on), { source: "", findings: list }]),
  };
}

function messages<T>(items: Iterable<T>, message: (item: T) => readonly [subject: string, payload: unknown]): Messages {
  return new Map([...items].map((item) => {
    const [subject, payload] = message(item);
    return [subject, encodeJson(payload)];
  }));
}

function byObject(findings: readonly Finding[]): ReadonlyMap<ObjectRef, readonly Finding[]> {
  return Map.groupBy(findings, ({ on }) => on);
}
