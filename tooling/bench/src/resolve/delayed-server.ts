/** Endpoints of an app, each a port and how long it takes to answer: `PORT:MS`, or `PORT:never` for one that accepts and is silent. */
import { createServer } from 'node:http';

for (const word of process.argv.slice(2)) {
  const [port, ms] = word.split(':');
  createServer((_request, response) => {
    if (ms !== 'never') setTimeout(() => response.end('answer'), Number(ms));
  }).listen(Number(port), '127.0.0.1');
}
