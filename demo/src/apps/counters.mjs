// Shows what the app in this container has counted, where its page cannot be opened.
const answer = await fetch(`http://127.0.0.1:${process.env.PORT ?? "14001"}/counters`);
console.log(await answer.text());
