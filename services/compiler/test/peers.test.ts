import { expect, test } from "vitest";
import { createPeers, type Peers } from "../src/peers.ts";

const other = (own: Peers, revision: number) => ({ member: "b", session: "of-b", revision, peers: { a: own.session() } });

test("who acknowledges is believed once all the facts that it had have been read", () => {
  const own = createPeers("a");
  own.hear(other(own, 40));
  own.hear(other(own, 50));
  expect([own.acceptMe(39), own.acceptMe(40)]).toEqual([false, true]);
});

test("an acknowledgement from before the stream was lost does not hold up the one that begins anew", () => {
  const own = createPeers("a");
  own.hear(other(own, 341));
  const { moves } = own.hear(other(own, 26));
  expect(moves).toBe(true);
  expect([own.acceptMe(25), own.acceptMe(26)]).toEqual([false, true]);
});
