// Sells a book to whoever gets through, says which version sold it, and has the warehouse restock it.
import { setTimeout as wait } from "node:timers/promises";
import { bodyOf, createCounters, serveApp } from "./app-server.mjs";
import { call } from "./call.mjs";

const {
  IDENTITY = "bookstore-v1",
  WAREHOUSE_SVC = "bookwarehouse",
  BOOKWAREHOUSE_NAMESPACE = "bookwarehouse",
  BOOKWAREHOUSE_URL = `http://${WAREHOUSE_SVC}.${BOOKWAREHOUSE_NAMESPACE}.svc.cluster.local:14001`,
  DELAY_MS = "0",
} = process.env;
/** Carried on, so that a trace does not end here. */
const tracing = ["x-request-id", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags", "uber-trace-id", "x-ot-span-context", "traceparent"];
const counts = createCounters(["booksSold", "booksRestocked"]);

function say(response, value) {
  response.writeHead(200, { "content-type": "application/json", booksbought: String(counts.counters.booksSold), identity: IDENTITY });
  response.end(JSON.stringify(value));
}

async function sell(request, response) {
  counts.add("booksSold");
  void restock(request);
  if (DELAY_MS !== "0") await wait(Number(DELAY_MS));
  say(response, { booksSold: counts.counters.booksSold, identity: IDENTITY });
}

async function restock({ headers }) {
  const carried = Object.fromEntries(tracing.filter((name) => headers[name]).map((name) => [name, headers[name]]));
  const { answer } = await call(`${BOOKWAREHOUSE_URL}/restock-books`, { method: "POST", headers: carried, body: "1" });
  counts.answered(answer);
  if (answer === "200") counts.add("booksRestocked");
}

async function setSold(request, response) {
  const number = Number.parseInt(await bodyOf(request), 10);
  if (!Number.isSafeInteger(number) || number < 0) return void response.writeHead(400).end("the body is not a number of books\n");
  counts.counters.booksSold = number;
  say(response, { booksSold: number });
}

serveApp({
  app: "bookstore",
  identity: IDENTITY,
  counts,
  routes: {
    "GET /books-bought": (_request, response) => say(response, { booksSold: counts.counters.booksSold }),
    "POST /books-bought": setSold,
    "GET /buy-a-book/new": sell,
  },
});
