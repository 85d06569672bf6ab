/** `address:port`, IPv6 in brackets. */
export function formatPlace(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
