// Wants what the customers get.
import { runShopper } from "./shopper.mjs";

await runShopper({ app: "bookthief", counted: "booksStolen" });
