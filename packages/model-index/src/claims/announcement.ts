import type { Problem, ProblemCode } from './problem.ts';

/** The annotation that names the Service of an app: `name` or `name:port`. */
export const serviceAnnotation = 'iidp.com/service';

/** Which Service answers for an app. */
export interface ServiceReference {
  readonly name: string;
  /** The name or number of the port; absent: the one named http, else the only one. */
  readonly port?: string;
  /** Whether the annotation names it; else it is the AppModel's own name. */
  readonly explicit: boolean;
}

/** What one AppModel says, read once. Immutable. */
export interface Announcement {
  readonly namespace: string;
  /** metadata.name. */
  readonly name: string;
  readonly uid: string;
  /** metadata.resourceVersion; `''` where it was not told. */
  readonly version: string;
  /** metadata.creationTimestamp in milliseconds since the epoch. */
  readonly created: number;
  /** spec.app; undefined if the object announces nothing. */
  readonly app: string | undefined;
  /** spec.version; `''` if absent. */
  readonly appVersion: string;
  /** Model to version, in the order of the list; of a model that is listed twice the last entry. */
  readonly models: ReadonlyMap<string, string>;
  readonly service: ServiceReference;
  readonly problems: readonly Problem[];
}

/** The parts of an AppModel that are read. The CRD requires no field of spec, and an object that was stored before may not match the CRD. */
export interface AppModelLike {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> | null } | null | undefined;
  readonly spec?: unknown;
}

/** The header of a stored object. */
export interface ObjectHeader {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly created: number;
  /** metadata.resourceVersion. */
  readonly version?: string;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Problems of one AppModel that are told one by one: whoever may write it must not fill the memory of every pod with them. */
const MOST_PROBLEMS = 100;

/**
 * Reads an AppModel. Never throws: whatever does not fit is a problem, and the rest counts. Of more than 100 problems the last says how many there are.
 */
export function readAnnouncement(header: ObjectHeader, object: AppModelLike | null | undefined): Announcement {
  const { namespace, name, uid, created } = header;
  const problems: Problem[] = [];
  const spec = isRecord(object?.spec) ? object.spec : undefined;
  const app = typeof spec?.['app'] === 'string' && spec['app'] !== '' ? spec['app'] : undefined;
  let untold = 0;
  const report = (code: ProblemCode, message: () => string, model?: string): void => {
    if (problems.length >= MOST_PROBLEMS) {
      untold += 1;
      return;
    }
    problems.push({
      code,
      namespace,
      appModel: name,
      ...(app === undefined ? {} : { app }),
      ...(model === undefined ? {} : { model }),
      message: message(),
    });
  };
  if (spec === undefined) report('NoSpec', () => `AppModel ${namespace}/${name} has no spec; it is ignored`);
  else if (app === undefined) report('NoApp', () => `AppModel ${namespace}/${name} has no spec.app; it is ignored`);
  const models =
    spec === undefined || app === undefined ? new Map<string, string>() : readModels(spec['models'], `${namespace}/${name}`, report);
  const service = readService(name, object?.metadata?.annotations, `${namespace}/${name}`, report);
  if (untold > 0) {
    const last = problems[MOST_PROBLEMS - 1] as Problem;
    problems[MOST_PROBLEMS - 1] = { ...last, message: `${last.message}; and ${untold} more problems of this AppModel` };
  }
  return {
    namespace,
    name,
    uid,
    created,
    version: header.version ?? '',
    app,
    models,
    problems,
    appVersion: typeof spec?.['version'] === 'string' ? spec['version'] : '',
    service,
  };
}

function readModels(
  list: unknown,
  subject: string,
  report: (code: ProblemCode, message: () => string, model?: string) => void,
): Map<string, string> {
  const models = new Map<string, string>();
  if (list === undefined || list === null) return models;
  if (!Array.isArray(list)) {
    report('MalformedModel', () => `AppModel ${subject}: spec.models is no list; the app has no models`);
    return models;
  }
  for (const [index, item] of list.entries()) {
    if (!isRecord(item) || typeof item['name'] !== 'string' || typeof item['version'] !== 'string') {
      report('MalformedModel', () => `AppModel ${subject}: spec.models[${index}] has no name and version; it is ignored`);
      continue;
    }
    const { name, version } = item as { name: string; version: string };
    if (name === '') {
      report('EmptyModelName', () => `AppModel ${subject}: spec.models[${index}].name is empty; it is ignored`);
      continue;
    }
    if (version === '')
      report('EmptyModelVersion', () => `AppModel ${subject}: spec.models[${index}].version of ${JSON.stringify(name)} is empty`, name);
    if (models.has(name)) {
      report(
        'ModelListedTwice',
        () =>
          `AppModel ${subject} lists the model ${JSON.stringify(name)} twice; its last entry, version ${JSON.stringify(version)}, counts`,
        name,
      );
      models.delete(name); // The place in the order is that of the entry that counts.
    }
    models.set(name, version);
  }
  return models;
}

function readService(
  name: string,
  annotations: unknown,
  subject: string,
  report: (code: ProblemCode, message: () => string) => void,
): ServiceReference {
  const own: ServiceReference = { name, explicit: false };
  const text = isRecord(annotations) && Object.hasOwn(annotations, serviceAnnotation) ? annotations[serviceAnnotation] : undefined;
  if (text === undefined) return own;
  // A Service has a name of 63 characters at most.
  const match =
    typeof text !== 'string' || text.length > 63 + 1 + 63
      ? null
      : /^([a-z0-9]([-a-z0-9]*[a-z0-9])?)(?::([A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?))?$/u.exec(text);
  if (match === null || (match[1] as string).length > 63) {
    const shown = typeof text === 'string' ? JSON.stringify(text.slice(0, 100)) : `of type ${typeof text}`;
    report(
      'BadServiceAnnotation',
      () => `AppModel ${subject}: the annotation ${serviceAnnotation} is ${shown}, must be name or name:port; the Service ${name} is used`,
    );
    return own;
  }
  return { name: match[1] as string, explicit: true, ...(match[3] === undefined ? {} : { port: match[3] }) };
}
