import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@kubecast/clock';
import { RuntimeOptionsError } from '../errors.ts';
import { textOf } from '../logging/logger.ts';
import { renderDebugPage, type DebugState } from './debug-page.ts';
import { HttpListener, sendText } from './http-listener.ts';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

export interface DebugServerOptions {
  readonly read: () => DebugState;
  /** 127.0.0.1, ::1 or localhost: the page shows names and reasons, and asks nobody who they are. */
  readonly host: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly onError?: (error: unknown) => void;
}

export interface DebugServer {
  /** Opens the port and gives the URL. @throws ListenError */
  listen(port: number): Promise<string>;
  stop(): Promise<void>;
}

/** The debug page at `/`. @throws RuntimeOptionsError for an address that others can reach */
export function createDebugServer(options: DebugServerOptions): DebugServer {
  const { read, host, clock, onError } = options;
  if (!LOOPBACK.has(host))
    throw new RuntimeOptionsError(
      `debug page: ${JSON.stringify(textOf(host).slice(0, 64))} is no loopback address; it takes 127.0.0.1, ::1 or localhost`,
    );
  const listener = new HttpListener({
    what: 'the debug page',
    answer: (request, response) => answer(request, response, read, clock),
    ...(onError === undefined ? {} : { onError }),
  });
  return { listen: (port) => listener.listen(host, port), stop: () => listener.stop() };
}

function answer(request: IncomingMessage, response: ServerResponse, read: () => DebugState, clock: Pick<Clock, 'now'>): void {
  // A page of a stranger may point a name of its own at 127.0.0.1 (DNS rebinding): its browser then sends that name as Host.
  if (!isLoopbackHost(request.headers.host)) {
    sendText(response, 403, 'only asked for by a loopback address\n');
    return;
  }
  if (request.headers['sec-fetch-site'] === 'cross-site') {
    sendText(response, 403, 'not from another site\n');
    return;
  }
  if ((request.url ?? '').split('?', 1)[0] !== '/') {
    sendText(response, 404, 'the page is at /\n');
    return;
  }
  response.setHeader(
    'content-security-policy',
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  );
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('x-frame-options', 'DENY');
  sendText(response, 200, renderDebugPage(read(), clock.now()), 'text/html; charset=utf-8');
}

function isLoopbackHost(host: string | undefined): boolean {
  const name = /^(\[::1\]|[^:]+)(?::\d{1,5})?$/u.exec(host ?? '')?.[1]?.toLowerCase();
  return name !== undefined && LOOPBACK.has(name === '[::1]' ? '::1' : name);
}
