// Asks the bookstore for a book again and again, and counts which version gave it and which calls were refused.
import { setTimeout as wait } from "node:timers/promises";
import { createCounters, serveApp } from "./app-server.mjs";
import { call } from "./call.mjs";

const {
  BOOKSTORE_SVC = "bookstore",
  BOOKSTORE_NAMESPACE = "bookstore",
  BOOKSTORE_PORT = "14001",
  BOOKSTORE_URL = `http://${BOOKSTORE_SVC}.${BOOKSTORE_NAMESPACE}.svc.cluster.local:${BOOKSTORE_PORT}`,
  CI_SLEEP_BETWEEN_REQUESTS_SECONDS = "1",
} = process.env;
const pauseMs = Number(CI_SLEEP_BETWEEN_REQUESTS_SECONDS) * 1000;

/** `counted` is what this shopper calls its books: "booksBought". */
export async function runShopper({ app, counted, headers = {} }) {
  const counts = createCounters([counted, `${counted}V1`, `${counted}V2`]);
  serveApp({ app, identity: app, counts });
  const everyCall = { "user-agent": "bookstore-http-client/2.0", ...headers };
  for (;;) {
    const look = await call(`${BOOKSTORE_URL}/books-bought`, { headers: everyCall });
    counts.answered(look.answer);
    const buy = await call(`${BOOKSTORE_URL}/buy-a-book/new`, { headers: everyCall });
    counts.answered(buy.answer);
    if (buy.answer === "200") count(counts, counted, buy.headers.identity ?? "");
    await wait(pauseMs);
  }
}

function count(counts, counted, identity) {
  counts.add(counted);
  const version = ["v1", "v2"].find((each) => identity.startsWith(`bookstore-${each}`));
  if (version) counts.add(`${counted}${version.toUpperCase()}`);
}
