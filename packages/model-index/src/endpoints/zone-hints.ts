/**
 * The endpoints that a client in `zone` should use (topology aware routing): those whose hints name the zone. All of them where the
 * zone is not known, where any endpoint has no hints (they are being changed) or where none is meant for the zone, as kube-proxy does.
 */
export function nearest<E extends { readonly forZones: readonly string[] }>(
  endpoints: readonly E[],
  zone: string | undefined,
): readonly E[] {
  if (zone === undefined || endpoints.some((endpoint) => endpoint.forZones.length === 0)) return endpoints;
  const near = endpoints.filter((endpoint) => endpoint.forZones.includes(zone));
  return near.length > 0 ? near : endpoints;
}
