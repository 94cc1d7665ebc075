import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";
import { note } from "./progress.mjs";

/**
 * Does the work while no other run of this user does work on the same thing. The lock is an abstract socket: the kernel
 * frees it when its holder dies, and who waits for it is woken by that. Other systems than Linux have none and go unlocked.
 */
export async function exclusive(thing, work) {
  if (process.platform !== "linux") return await work();
  const server = await claim(lockName(thing));
  try {
    return await work();
  } finally {
    await new Promise((resolve) => {
      server.close(resolve);
      for (const waiter of server.waiters) waiter.destroy();
    });
  }
}

function lockName(thing) {
  return `\0osm-${process.getuid()}-${createHash("sha256").update(thing).digest("hex").slice(0, 24)}`;
}

async function claim(name) {
  for (let told = false; ; told = true) {
    const server = await listen(name);
    if (server !== undefined) return server;
    if (!told) note("another run is at the same step: waiting for it");
    await released(name);
  }
}

/** The server that holds the name, or undefined when another process has it. */
function listen(name) {
  const waiters = new Set();
  const server = Object.assign(createServer((waiter) => waiters.add(waiter.on("error", () => {}))), { waiters });
  return new Promise((resolve, reject) => {
    server.once("error", (error) => (error.code === "EADDRINUSE" ? resolve(undefined) : reject(error)));
    server.listen(name, () => resolve(server));
  });
}

/** Ends when the holder lets go; at once when it already has. */
function released(name) {
  return new Promise((resolve) => {
    connect(name).on("error", () => {}).resume().once("close", resolve);
  });
}
