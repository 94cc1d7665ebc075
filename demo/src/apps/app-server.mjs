// What all demo apps show of themselves: a page, their counters as JSON, and a way to start counting anew.
import { createServer } from "node:http";

/** Counts by name, and answers by status or error code. All that is not a 2xx counts as refused. */
export function createCounters(names) {
  const counters = Object.fromEntries([...names, "refused"].map((name) => [name, 0]));
  const answers = {};
  return {
    counters,
    answers,
    add: (name, by = 1) => (counters[name] += by),
    answered: (answer) => {
      answers[answer] = (answers[answer] ?? 0) + 1;
      if (!/^2\d\d$/.test(answer)) counters.refused++;
    },
    reset: () => {
      for (const name of Object.keys(counters)) counters[name] = 0;
      for (const name of Object.keys(answers)) delete answers[name];
    },
  };
}

/** Serves the app's own routes, "METHOD /path" → handler, beside what every app has. */
export function serveApp({ app, identity, counts, routes = {}, port = Number(process.env.PORT ?? "14001") }) {
  const json = (value) => (_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(value()));
  };
  const ok = (_request, response) => response.end("ok\n");
  const all = {
    "GET /": (_request, response) => page(response, { app, identity, counts }),
    "GET /raw": json(() => counts.counters),
    "GET /counters": json(() => ({ app, identity, counters: counts.counters, answers: counts.answers })),
    "GET /liveness": ok,
    "GET /readiness": ok,
    "GET /startup": ok,
    "GET /reset": (request, response) => (counts.reset(), ok(request, response)),
    "POST /reset": (request, response) => (counts.reset(), ok(request, response)),
    ...routes,
  };
  let ending = false;
  const server = createServer((request, response) => {
    // A connection that was busy when the app was told to end would else be kept.
    response.on("close", () => ending && setImmediate(() => server.closeIdleConnections()));
    const handle = all[`${request.method} ${request.url.split("?")[0]}`];
    if (handle) handle(request, response);
    else response.writeHead(404).end("no such page\n");
  });
  server.keepAliveTimeout = 60_000;
  server.listen(port, "0.0.0.0");
  process.on("SIGTERM", () => {
    ending = true;
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
  return server;
}

export async function bodyOf(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}

function page(response, { app, identity, counts }) {
  const rows = [...Object.entries(counts.counters), ...Object.entries(counts.answers).map(([answer, count]) => [`answer ${answer}`, count])];
  const cells = rows.map(([name, count]) => `<tr><td>${escaped(name)}</td><td align="right">${count}</td></tr>`).join("");
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(
    `<!doctype html><meta http-equiv="refresh" content="1"><title>${escaped(identity)}</title>` +
      `<h1>${escaped(identity)}</h1><p>${escaped(app)}, ${new Date().toISOString()}</p><table>${cells}</table><p><a href="/reset">reset</a></p>`,
  );
}

function escaped(text) {
  return String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
