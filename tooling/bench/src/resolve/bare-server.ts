/** The floor: node:http with one answer, made beforehand. */
import { createServer } from 'node:http';

const { headers, body } = JSON.parse(process.env['BENCH_ANSWER'] ?? '{}') as { headers: Record<string, string>; body: string };
const bytes = Buffer.from(body);
createServer((_request, response) => {
  response.writeHead(200, { ...headers, 'content-length': bytes.length });
  response.end(bytes);
}).listen(Number(process.argv[2]), '127.0.0.1');
