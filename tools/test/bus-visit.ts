import { argv } from "node:process";
import { openBus } from "../../libs/bus/src/index.ts";
import { meshName, objectRef } from "../../libs/model/src/index.ts";
import { subjectsOf } from "../../libs/wire/src/index.ts";

// Opens a bus as the watcher, writes a value where one is given, and prints what stands.
const [, , url = "", value] = argv;
const mesh = meshName("osm");
const silent = () => {};
await using bus = await openBus(url, { mesh, signal: AbortSignal.timeout(50_000), log: { debug: silent, info: silent, warn: silent, error: silent } });
const subject = subjectsOf(mesh).finding("watcher", objectRef("Pod", "shop", "it"));
if (value !== undefined) await bus.publish(subject, Buffer.from(value));
console.log(Buffer.from((await bus.last(subject))?.bytes ?? []).toString());
