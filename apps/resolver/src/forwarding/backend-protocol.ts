/** What an app's endpoints speak. */
export interface BackendProtocol {
  readonly tls: boolean;
  /** HTTP/2 without TLS, with prior knowledge. */
  readonly h2c: boolean;
  /** Offers of WebSocket are passed on. */
  readonly webSocket: boolean;
}

const plain: BackendProtocol = { tls: false, h2c: false, webSocket: false };
const secure: BackendProtocol = { ...plain, tls: true };
const http2: BackendProtocol = { ...plain, h2c: true };
const socket: BackendProtocol = { ...plain, webSocket: true };

const known: ReadonlyMap<string, BackendProtocol> = new Map([
  ['https', secure],
  ['kubernetes.io/h2c', http2],
  ['h2c', http2],
  ['grpc', http2],
  ['kubernetes.io/ws', socket],
  ['ws', socket],
  ['kubernetes.io/wss', { ...socket, tls: true }],
  ['wss', { ...socket, tls: true }],
]);

/** By the appProtocol of the Service's port. One that is not told, or not known, is HTTP/1.1. */
export function protocolOf(appProtocol: string | undefined): BackendProtocol {
  return appProtocol === undefined ? plain : (known.get(appProtocol.toLowerCase()) ?? plain);
}
