import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog, systemClock, type Clock, type Log } from "@osm/runtime";
import { cuttableLine, eventually } from "@osm/testkit";
import type { Bus } from "../src/index.ts";
import { openNatsBus } from "../src/nats/nats-bus.ts";
import type { BusUnderTest } from "./bench.ts";
import type { NatsServer } from "./nats-server.ts";

/** Subjects under `mesh.test.v1.` but for requests. */
const subjects = ["view", "other", "fact", "trust"].map((noun) => `mesh.test.v1.${noun}.>`).concat("mesh.test.v1.fac");
const never = new AbortController().signal;

/** An account for each bus of a test run, since all use the same subjects. */
export function accounts(count: number): string {
  const each = Array.from({ length: count }, (_, n) => `t${n} { jetstream: enabled, users: [{ user: "t${n}", password: "secret" }] }`);
  return `accounts {\n${each.join("\n")}\n}\n`;
}

export async function credentialsFolder(folder: string, user: string, password: string): Promise<string> {
  const home = join(folder, `credentials-${user}`);
  await mkdir(home, { recursive: true });
  await Promise.all([writeFile(join(home, "user"), user), writeFile(join(home, "password"), `${password}\n`)]);
  return home;
}

export interface PlaceOptions {
  readonly maxBytes?: number;
  readonly tombstoneTtlMs?: number;
  readonly log?: Log;
  readonly clock?: Clock;
}

/** A fresh bus in an account of its own, behind a line that can be cut. */
export async function openPlace(server: NatsServer, user: string, { maxBytes = 2 ** 28, tombstoneTtlMs = 3_600_000, log = silentLog, clock = systemClock }: PlaceOptions = {}): Promise<BusUnderTest> {
  const credentials = await credentialsFolder(server.folder, user, "secret");
  const line = await cuttableLine(server.port);
  const open = async (port: number): Promise<Bus> =>
    openNatsBus({
      address: { server: `127.0.0.1:${port}`, host: "127.0.0.1", isEncrypted: false, credentials, replicas: 1, maxBytes },
      stream: { name: "mesh-test", subjects, maxBytes, replicas: 1, tombstoneTtlMs },
      signal: never,
      log,
      clock,
    });
  const bus = await open(line.port);
  const others: Bus[] = [];
  return {
    bus,
    connect: async () => {
      const next = await open(server.port);
      others.push(next);
      return next;
    },
    pass: () => undefined,
    controls: {
      line: { disconnect: line.cut, reconnect: line.mend },
      loseDisk: async () => {
        await server.loseDisk();
        await eventually(() => bus.incarnation());
      },
    },
    [Symbol.asyncDispose]: async () => {
      for (const each of [...others, bus]) await each[Symbol.asyncDispose]();
      await line[Symbol.asyncDispose]();
    },
  };
}
