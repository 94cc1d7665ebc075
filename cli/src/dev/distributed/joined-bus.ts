import type { Bus } from "@osm/bus";

/** Connections of the services that between them may read, and ask, all that a mesh says. */
export interface BusesByService {
  readonly watcher: Bus;
  readonly compiler: Bus;
  readonly xds: Bus;
}

/** Looks at a mesh from outside its processes: each subject by way of a service that has the right to it. */
export function joinedBus(buses: BusesByService): Bus {
  const by = (subject: string): Bus => buses[serviceFor(subject)];
  return {
    incarnation: () => buses.watcher.incarnation(),
    publish: (subject, bytes, options) => by(subject).publish(subject, bytes, options),
    last: (subject) => by(subject).last(subject),
    watch: (filter, options) => by(filter).watch(filter, options),
    request: (subject, bytes, options) => by(subject).request(subject, bytes, options),
    respond: (subject, answer) => by(subject).respond(subject, answer),
    [Symbol.asyncDispose]: async () => {
      for (const bus of Object.values(buses)) await bus[Symbol.asyncDispose]();
    },
  };
}

function serviceFor(subject: string): keyof BusesByService {
  const [, , , noun = ""] = subject.split(".");
  if (["view", "offering", "proxy", "endpoints", "compiled"].includes(noun) || subject.includes(".member.compiler.")) return "compiler";
  return ["progress", "member", "call"].includes(noun) ? "xds" : "watcher";
}
