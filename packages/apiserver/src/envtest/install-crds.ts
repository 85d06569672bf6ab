import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@kubecast/clock';
import { parseAllDocuments } from 'yaml';
import { ApiServerError } from '../errors.ts';
import { httpsCall, type HttpsTarget } from './https-json.ts';

export interface InstallOptions {
  /** What a path that does not exist is: an error, or nothing. */
  readonly missing?: 'error' | 'ignore';
  readonly signal?: AbortSignal;
  /** Milliseconds to wait until they are served; 30,000 by default. */
  readonly readyMs?: number;
}

interface Crd {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly names: { readonly plural: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
}

const collection = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export async function installCrds(
  target: HttpsTarget,
  clock: Clock,
  paths: readonly string[],
  options: InstallOptions = {},
): Promise<readonly string[]> {
  const crds = paths.flatMap((path) => files(path, options.missing ?? 'error')).flatMap(read);
  for (const { crd, file } of crds) {
    const path = `${collection}/${crd.metadata.name}?fieldManager=kubecast-envtest&force=true`;
    const answer = await httpsCall(target, 'PATCH', path, JSON.stringify(crd), 'application/apply-patch+yaml', options.signal);
    if (answer.status !== 200 && answer.status !== 201)
      throw failed(`${file}: the server refused ${crd.metadata.name}: ${messageOf(answer.text)}`);
  }
  const deadline = clock.now() + (options.readyMs ?? 30_000);
  for (const { crd } of crds) await served(target, clock, crd, deadline, options.signal);
  return crds.map(({ crd }) => crd.metadata.name);
}

/** Every served version answers a list. */
async function served(target: HttpsTarget, clock: Clock, crd: Crd, deadline: number, signal: AbortSignal | undefined): Promise<void> {
  const { group, names, versions } = crd.spec;
  for (const version of versions.filter((one) => one.served)) {
    for (;;) {
      const answer = await httpsCall(target, 'GET', `/apis/${group}/${version.name}/${names.plural}?limit=1`, undefined, undefined, signal);
      if (answer.status === 200) break;
      if (clock.now() > deadline)
        throw failed(`${crd.metadata.name} was applied, but ${version.name} is not served: ${messageOf(answer.text)}`);
      await clock.sleep(20, signal);
    }
  }
}

function files(path: string, missing: 'error' | 'ignore'): string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    if (missing === 'ignore') return [];
    throw failed(`${path} does not exist; give the file or folder of the CustomResourceDefinitions, or set missing to 'ignore'`);
  }
  if (!found.isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => /\.(?:ya?ml|json)$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

function read(file: string): { crd: Crd; file: string }[] {
  const documents = parseAllDocuments(readFileSync(file, 'utf8'));
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const problem = document.errors[0];
    if (problem !== undefined) throw failed(`${file}: ${problem.message.split('\n')[0]}`);
    const value = document.toJS() as Crd | null;
    return value?.kind === 'CustomResourceDefinition' ? [{ crd: value, file }] : [];
  });
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text.trim();
  }
}

function failed(message: string): ApiServerError {
  return new ApiServerError('ERR_APISERVER_ENVTEST', message);
}
