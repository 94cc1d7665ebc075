/** A queue of few places between those who find something and the one who takes it in. */
export interface Channel<T> {
  /** Resolves once there was room for it, so that a slow reader slows the writer down; at once when the channel is closed. */
  put(item: T): Promise<void>;
  /** The items in order, until the channel is closed. */
  items(): AsyncIterable<T>;
  /** Ends the reading at once: what is still in the queue is dropped. */
  close(): void;
}

export function createChannel<T>(places: number): Channel<T> {
  const queue: T[] = [];
  let isClosed = false;
  let filled = Promise.withResolvers<void>();
  let emptied = Promise.withResolvers<void>();
  return {
    put: async (item) => {
      while (queue.length >= places && !isClosed) await emptied.promise;
      queue.push(item);
      filled.resolve();
    },
    items: async function* () {
      while (!isClosed) {
        for (let taken = queue.splice(0); taken.length > 0 && !isClosed; taken = queue.splice(0)) {
          emptied.resolve();
          emptied = Promise.withResolvers();
          for (const item of taken) if (!isClosed) yield item;
        }
        if (!isClosed) await filled.promise;
        filled = Promise.withResolvers();
      }
    },
    close: () => {
      isClosed = true;
      filled.resolve();
      emptied.resolve();
    },
  };
}
