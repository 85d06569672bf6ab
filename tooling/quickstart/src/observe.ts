import type { Answer } from './picture.ts';
import { eventually } from './expect.ts';
import { appUrl, modelUrl, type Resolver, type World } from './world.ts';

/** The answer of a model, as it is documented. */
export interface ModelAnswer {
  readonly namespace: string;
  readonly app: string;
  readonly appVersion: string;
  readonly model: string;
  readonly version: string;
  readonly state: 'current' | 'stale' | 'unverified';
  readonly staleForMs: number;
  readonly metadata: unknown;
  readonly endpoints: readonly { readonly address: string; readonly port: number; readonly ready: boolean; readonly zone?: string }[];
  readonly freshness: { readonly resourceVersion: string; readonly ageMs: number };
}

export const shorten = (answer: Answer): string => `${answer.status} ${answer.text.slice(0, 300)}`;

/** Every resolver answers for the model so that `look` finds nothing missing. */
export async function everyResolver(
  world: World,
  model: string,
  what: string,
  look: (answer: ModelAnswer) => string | undefined,
  options: { namespace?: string; deadlineMs?: number } = {},
): Promise<number> {
  const namespace = options.namespace ?? world.namespace;
  const waits = world.resolvers.map((resolver) =>
    eventually(
      `${resolver.name}: ${model} ${what}`,
      async () => {
        const answer = await world.http(modelUrl(resolver, namespace, model));
        if (answer.status !== 200) return shorten(answer);
        return look(answer.json as ModelAnswer);
      },
      options.deadlineMs,
    ),
  );
  return Math.max(...(await Promise.all(waits)));
}

/** Every resolver serves this version of the model as current. */
export function servesVersion(world: World, model: string, version: string, deadlineMs?: number): Promise<number> {
  return everyResolver(
    world,
    model,
    `is served at version ${version}`,
    (answer) => (answer.version === version && answer.state === 'current' ? undefined : `version ${answer.version}, ${answer.state}`),
    deadlineMs === undefined ? {} : { deadlineMs },
  );
}

async function everyGone(world: World, what: string, url: (resolver: Resolver) => string, code: string): Promise<void> {
  await Promise.all(
    world.resolvers.map((resolver) =>
      eventually(`${resolver.name}: ${what} is forgotten`, async () => {
        const answer = await world.http(url(resolver));
        const found = (answer.json as { error?: { code?: string } } | undefined)?.error?.code;
        return answer.status === 404 && found === code ? undefined : shorten(answer);
      }),
    ),
  );
}

export const forgetsModel = (world: World, model: string): Promise<void> =>
  everyGone(world, `model ${model}`, (resolver) => modelUrl(resolver, world.namespace, model), 'ModelNotFound');
export const forgetsApp = (world: World, app: string): Promise<void> =>
  everyGone(world, `app ${app}`, (resolver) => appUrl(resolver, world.namespace, app), 'AppNotFound');

/** The value of one metric line of a resolver's /metrics; NaN if it is not there. `labels` is a part of the label text. */
export async function metric(world: World, resolver: Resolver, name: string, labels = ''): Promise<number> {
  const { text } = await world.http(`${resolver.url}/metrics`);
  const line = text
    .split('\n')
    .find((candidate) => (candidate.startsWith(`${name}{`) || candidate.startsWith(`${name} `)) && candidate.includes(labels));
  return line === undefined ? NaN : Number(line.slice(line.lastIndexOf(' ') + 1));
}
