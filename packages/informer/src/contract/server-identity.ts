/** What is known of an API server where an informer reads from a `source` instead of a client. A client tells it by itself. */
export interface ServerDescription {
  /** `https://host:port`, with a path where the server stands behind one. */
  readonly url: string;
  /** PEM of the authorities that are trusted. */
  readonly ca?: string;
  /**
   * The UID of the Namespace `kube-system`. Undefined where the server does not let it be read; rejects where the server could not be asked.
   * It is asked once, at the first contact, and only by an informer that began with a file.
   */
  readonly uid?: (signal: AbortSignal) => Promise<string | undefined>;
}

/** The server that a snapshot file was saved from. */
export interface ServerIdentity {
  readonly url: string;
  /** SHA-256 of the PEM of the authorities that are trusted; `''`: those of the runtime. */
  readonly ca: string;
  /** The UID of the Namespace `kube-system`; `''` where it could not be read. */
  readonly uid: string;
}
