import { needs } from "@osm/testkit";
import { afterAll, beforeAll } from "vitest";
import { busContract } from "./contract.ts";
import { accounts, openPlace } from "./nats-place.ts";
import { openConfig, startNats, type NatsServer } from "./nats-server.ts";

/** One for each bus that the contract opens: none finds what another one left. */
const most = 150;

needs("nats-server")("nats", () => {
  let server: NatsServer;
  let used = 0;
  beforeAll(async () => {
    server = await startNats((home) => `${openConfig(home)}${accounts(most)}`);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  busContract("nats", (options) => openPlace(server, `t${used++}`, options));
});
