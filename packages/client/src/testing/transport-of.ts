import type { Connection } from '../connection/connection.ts';
import { Http1Wire } from '../transport/http1-wire.ts';
import { HttpTransport } from '../transport/http-transport.ts';
import type { TransportOptions } from '../transport/transport-options.ts';

/** The transport over HTTP/1.1, without the detour by which clients load it. */
export function transportOf(connection: Connection, options: TransportOptions = {}): HttpTransport {
  return new HttpTransport(connection, options, (parts) => new Http1Wire(parts));
}
