// A customer of the bookstore, who says so.
import { runShopper } from "./shopper.mjs";

await runShopper({ app: "bookbuyer", counted: "booksBought", headers: { "client-app": "bookbuyer" } });
