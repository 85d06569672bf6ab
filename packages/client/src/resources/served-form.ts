import type { ResourceType } from '@kubecast/crd';
import type { ApiCaller } from '../calls/api-call.ts';
import type { Priority } from '../calls/call-request.ts';
import { isStatusError } from '../calls/status-error.ts';

/** An answer of some 10 KB from memory; a server that does not give it within this time is not worth waiting for. */
const withinMs = 5000;

/**
 * A text that changes when the server shows objects of this type in another form (other defaults, other fields) under unchanged
 * versions, as it does after a change of a CRD: the hash of the type's group and version in the index of `/openapi/v3`. `''` where the
 * index does not name them (a CRD that was just made comes there within a second). Undefined for kinds that are compiled into the server,
 * which are not asked about, and where the server has no such index (before 1.24) or refuses it.
 */
export async function servedForm(
  caller: ApiCaller,
  type: ResourceType,
  signal: AbortSignal,
  way: { readonly priority?: Priority; readonly retries?: number },
): Promise<string | undefined> {
  const { group, version } = type;
  if (!group.includes('.') || group.endsWith('.k8s.io')) return undefined;
  try {
    const { value } = await caller.json({ method: 'GET', path: '/openapi/v3', signal, requestMs: withinMs, ...way });
    const paths = (value as { readonly paths?: Readonly<Record<string, { readonly serverRelativeURL?: unknown }>> } | undefined)?.paths;
    const name = `apis/${group}/${version}`;
    if (paths === undefined || !Object.hasOwn(paths, name)) return '';
    return /[?&]hash=(?<hash>[^&]+)/.exec(String(paths[name]?.serverRelativeURL))?.groups?.['hash'];
  } catch (error) {
    // Old servers have none, and RBAC may keep it from us.
    if (isStatusError(error)) return undefined;
    throw error;
  }
}
