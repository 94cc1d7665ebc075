export { runWatcher, type WatcherDeps } from "./watcher.ts";
