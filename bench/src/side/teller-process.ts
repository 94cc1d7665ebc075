import { createInterface } from "node:readline";
import { openBus } from "@osm/bus";
import { factKinds, meshName, type Fact } from "@osm/model";
import { createLog } from "@osm/runtime";
import { subjectsOf } from "@osm/wire";
import { z } from "zod";
import { createTeller } from "./teller.ts";

// In the watcher's place, with its rights: facts come in on stdin and go to the bus that is named by the first argument, for the mesh of the second (`osm` without one).

const facts = z.array(z.custom<Fact>());
const command = z.discriminatedUnion("op", [z.object({ op: z.literal("begin"), facts }), z.object({ op: z.literal("say"), facts })]);

const mesh = meshName(process.argv[3] ?? "osm");
const stop = new AbortController();
const bus = await openBus(process.argv[2] ?? "", { mesh, signal: stop.signal, log: createLog("bench", "silent") });
const teller = createTeller(bus, subjectsOf(mesh));

process.on("SIGTERM", () => process.exit(0));
for await (const line of createInterface({ input: process.stdin })) {
  const taken = command.parse(JSON.parse(line));
  const at = await teller.say(taken.facts);
  if (taken.op === "begin") await teller.complete(factKinds);
  process.stdout.write(`${JSON.stringify({ event: "said", at })}\n`);
}
process.exit(0);
