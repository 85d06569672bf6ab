/** The peer: node:http in front, undici's stream behind, and nothing else. */
import { createServer } from 'node:http';
import { Pool } from 'undici';

const pool = new Pool(process.argv[3] ?? '', { connections: 64 });
createServer((request, response) => {
  pool.stream(
    { method: 'GET', path: (request.url ?? '/').replace(/^.*\/call/u, ''), opaque: response },
    ({ statusCode, headers, opaque }) => {
      (opaque as typeof response).writeHead(statusCode, headers as Record<string, string>);
      return opaque as typeof response;
    },
    () => undefined,
  );
}).listen(Number(process.argv[2]), '127.0.0.1');
