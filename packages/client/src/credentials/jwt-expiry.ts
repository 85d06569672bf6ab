/** A token is not used in its last moments: on its way it would expire. */
export const aheadMs = 10_000;

/** When a JWT expires (RFC 7519 4.1.4), milliseconds since the epoch; 0 where the token says nothing. It is not verified: the server does that. */
export function expiryOf(token: string | undefined): number {
  try {
    const claims = JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString('utf8')) as { readonly exp?: unknown } | null;
    return typeof claims?.exp === 'number' ? claims.exp * 1000 : 0;
  } catch {
    return 0;
  }
}
