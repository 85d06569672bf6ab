import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { UpgradeOffers } from './upgrade-offers.ts';

/** A connection that sent something other than HTTP may take this long to read the refusal before it is closed. */
const REFUSAL_MS = 1_000;

/** A request whose answer is sent may take this long to send the rest of its body, which is dropped. */
const REST_MS = 10_000;

/** Status lines of what the parser refuses, by the parser's error code. Anything else is a 400. */
const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', '413 Content Too Large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
]);

export interface DoorOptions {
  /** How long the rest of a body may take after the answer. Default 10 s. */
  readonly restMs?: number;
  /** Offers of an upgrade that are taken, where the runtime lets a server choose (Node from 22.21 and 24.9 on); elsewhere none are. */
  readonly upgrades?: {
    wants(request: IncomingMessage): boolean;
    take(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  };
}

/**
 * An HTTP server whose process survives whatever its clients send. Every socket has an error listener from its first moment to its end,
 * so a reset in any phase (before a request, in a header, after an upgrade offer, after CONNECT) ends that one connection.
 *
 * An Upgrade offer (h2c, WebSocket) is ignored and the request is answered as HTTP/1.1, as RFC 9110, section 7.8 allows. CONNECT is
 * answered with 405. What the parser refuses is answered with 400, 408, 413 or 431, unless an answer to an earlier request on the same
 * connection has not been sent completely: then the connection is closed, because the refusal would be read as part of that answer.
 *
 * A body that goes on after its answer is read and dropped for `restMs`, so that the client gets to read the answer; then the connection is closed.
 */
export function createHttpDoor(listener: RequestListener, options: DoorOptions = {}): Server {
  const { restMs = REST_MS, upgrades } = options;
  const latest = new WeakMap<Duplex, ServerResponse>();
  const offers = new UpgradeOffers();
  // Uploads may take as long as they progress; only the head has a deadline.
  const timeouts = { keepAliveTimeout: 65_000, headersTimeout: 32_000, requestTimeout: 0 };
  const wants = (request: IncomingMessage): boolean => {
    const before = latest.get(request.socket);
    // What is written to the connection from here on must not get into the answer to an earlier request.
    if (offers.isClosing(request.socket) || (before !== undefined && !before.writableFinished)) return false;
    return upgrades?.wants(request) === true;
  };
  const server = createServer(upgrades === undefined ? timeouts : { ...timeouts, shouldUpgradeCallback: wants }, (request, response) => {
    const { socket } = request;
    if (offers.isClosing(socket)) return;
    request.on('error', ignore);
    response.on('error', ignore); // The client went away; 'close' follows and ends the work.
    if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined)
      response.once('finish', () => dropRest(request, restMs));
    if (request.headers.upgrade !== undefined) offers.ignore(request, response, latest.get(socket)?.req);
    latest.set(socket, response);
    // Node's parser accepts HTTP/2.0 and HTTP/0.9 in a request line, but such clients do not go on in HTTP/1.1.
    if (request.httpVersionMajor !== 1) {
      request.resume();
      response.writeHead(505, { connection: 'close', 'content-length': 0 }).end();
      return;
    }
    listener(request, response);
  });
  // Their bytes are bounded. Beyond its own count Node drops headers without a word, and the next server would see another request.
  server.maxHeadersCount = 0;
  server.on('connection', (socket) => void socket.on('error', ignore));
  const mayRefuse = (socket: Duplex): boolean => {
    if (!socket.writable) return false;
    const answer = latest.get(socket);
    if (answer === undefined || answer.writableFinished) return true;
    // The request that is being received is the one that is wrong, nothing is queued before it, and nothing of its answer is sent.
    return answer.socket === socket && !answer.headersSent && !answer.req.complete;
  };
  // Without the choice there must be no 'upgrade' listener: with one, Node hands over the socket of each offer instead of the request.
  if (upgrades !== undefined && 'shouldUpgradeCallback' in server)
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => upgrades.take(request, socket, head));
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    if (mayRefuse(socket)) refuse(socket, '405 Method Not Allowed', 'allow: GET, HEAD\r\n');
    else socket.destroy();
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (mayRefuse(socket)) refuse(socket, REFUSALS.get(error.code ?? '') ?? '400 Bad Request');
    else socket.destroy();
  });
  return server;
}

/** Sends a whole answer and closes the connection: at once when the client closes its side, else after a moment to read the answer. */
function refuse(socket: Duplex, status: string, headers = ''): void {
  socket.on('error', ignore);
  const timer = setTimeout(() => socket.destroy(), REFUSAL_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.once('end', () => socket.destroy());
  // What the client still sends is dropped: a reset for unread bytes could overtake the answer.
  socket.resume();
  socket.end(`HTTP/1.1 ${status}\r\n${headers}connection: close\r\ncontent-length: 0\r\n\r\n`);
}

function dropRest(request: IncomingMessage, restMs: number): void {
  if (request.complete) return;
  const timer = setTimeout(() => request.socket.destroy(), restMs);
  request.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}

function ignore(): void {}
