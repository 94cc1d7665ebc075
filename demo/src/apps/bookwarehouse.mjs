// Restocks books, and keeps their number in a database when it was told of one. Calls go on while the database is away:
// what could not be written is added with the next call that can.
import { bodyOf, createCounters, serveApp } from "./app-server.mjs";
import { openPostgres } from "./postgres-client.mjs";

const { IDENTITY = "bookwarehouse", DATABASE_HOST = "", DATABASE_PORT = "5432", DATABASE_USER = "bookwarehouse", DATABASE_NAME = "booksdemo" } = process.env;
const counts = createCounters(["restocked", "stored", "databaseRefused"]);
const key = "total-books";
let database;
let unwritten = 0;
let work = Promise.resolve();

/** One connection, opened anew when the last one has ended. */
async function connection() {
  if (database?.isOpen()) return database;
  database = await openPostgres({ host: DATABASE_HOST, port: Number(DATABASE_PORT), user: DATABASE_USER, database: DATABASE_NAME });
  await database.query("CREATE TABLE IF NOT EXISTS records (key text PRIMARY KEY, value bigint NOT NULL)");
  return database;
}

async function store() {
  const books = unwritten;
  if (books === 0) return;
  try {
    const open = await connection();
    const sql = `INSERT INTO records VALUES ('${key}', ${books}) ON CONFLICT (key) DO UPDATE SET value = records.value + ${books} RETURNING value`;
    const [[total]] = await open.query(sql);
    unwritten -= books;
    counts.counters.stored = Number(total);
  } catch (error) {
    counts.add("databaseRefused");
    counts.answered(`database ${error.code ?? "error"}`);
    database?.close();
  }
}

async function restock(request, response) {
  const books = Number.parseInt(await bodyOf(request), 10);
  if (!Number.isSafeInteger(books) || books < 0) return void response.writeHead(400).end("the body is not a number of books\n");
  counts.add("restocked", books);
  unwritten += books;
  if (DATABASE_HOST !== "") work = work.then(store);
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ restocked: counts.counters.restocked }));
}

serveApp({ app: "bookwarehouse", identity: IDENTITY, counts, routes: { "POST /restock-books": restock } });
