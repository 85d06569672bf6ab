import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningTarget } from '../embedded-target.ts';
import { Api, type Answer } from '../target.ts';
import { serveKind } from '../widget.ts';
import { comparableAnswer, type RecordedAnswer } from './comparable-answer.ts';
import { areas } from './areas.ts';
import { gadgetCrd, modelCrd } from './kinds.ts';
import type { Observation, ObservedRequest } from './observation.ts';
import { ruledCrd } from './ruled-kind.ts';

type Recorded = Record<string, readonly RecordedAnswer[]>;

const recording = (process.env['KUBECAST_RECORD'] ?? '') !== '';

/**
 * Every observation gets the answers that are recorded: on the embedded server, and on the real one, which they come from.
 * KUBECAST_RECORD=1 writes them anew from the real server, and only from it; oxfmt brings them into form.
 */
export function observed(on: 'embedded' | 'real', start: (() => Promise<RunningTarget>) | undefined): void {
  const write = recording && on === 'real';
  let target: RunningTarget;
  let api: Api;
  let count = 0;

  beforeAll(async () => {
    if (start === undefined) return;
    target = await start();
    api = new Api(target);
    await serveKind(api, modelCrd);
    await serveKind(api, gadgetCrd);
    await serveKind(api, ruledCrd);
  }, 120_000);
  afterAll(async () => {
    api?.close();
    await target?.close();
  });

  for (const [area, observations] of Object.entries(areas)) {
    const recorded = readRecorded(area);
    for (const observation of observations)
      test(`${on}: ${observation.says}`, { timeout: 30_000 }, async (context) => {
        if (start === undefined) return context.skip();
        const answers = await answersTo(api, observation, `observed-${++count}`, {
          asksAgain: on === 'real',
          nobodyToken: target.nobodyToken,
        });
        expect(answers).toHaveLength(observation.requests.length);
        if (write) {
          recorded[observation.says] = answers;
          return;
        }
        for (const [index, answer] of answers.entries()) {
          const { method, path, differs } = observation.requests[index] as ObservedRequest;
          const wanted = recorded[observation.says]?.[index];
          if (on === 'embedded' && differs !== undefined) {
            expect(answer, `${method} ${path} is answered as by the real server now: ${differs}`).not.toEqual(wanted);
            continue;
          }
          expect(answer, `${method} ${path}`).toEqual(wanted);
          // The order of names is seen by clients too.
          expect(JSON.stringify(answer), `${method} ${path}`).toBe(JSON.stringify(wanted));
        }
      });
    if (write)
      afterAll(() => {
        mkdirSync(folder, { recursive: true });
        // In the order of the observations; those that were not asked for this time stay.
        const known = observations.filter(({ says }) => Object.hasOwn(recorded, says)).map(({ says }) => [says, recorded[says]]);
        writeFileSync(join(folder, `${area}.json`), `${JSON.stringify(Object.fromEntries(known), undefined, 2)}\n`);
      });
  }
}

/** Asks one thing after another in a namespace of its own. */
export async function answersTo(
  api: Api,
  { requests }: Observation,
  namespace: string,
  { asksAgain = false, nobodyToken = '' }: { asksAgain?: boolean; nobodyToken?: string } = {},
): Promise<RecordedAnswer[]> {
  await api.post('/api/v1/namespaces', { metadata: { name: namespace } });
  const seen = new Map<string, string>();
  const answers: RecordedAnswer[] = [];
  for (const request of requests) {
    const ask = (): Promise<Answer> =>
      api.send(request.method, filled(request.path, namespace, seen), options(request, namespace, seen, nobodyToken));
    let answer = await ask();
    const deadline = Date.now() + 10_000;
    if (asksAgain && request.settles !== undefined) while (answer.code !== request.settles && Date.now() < deadline) answer = await ask();
    for (const [name, value] of [
      ['rv', answer.body['metadata']?.['resourceVersion']],
      ['uid', answer.body['metadata']?.['uid']],
      ['continue', answer.body['metadata']?.['continue']],
      ['token', answer.body['status']?.['token']],
    ] as const)
      if (typeof value === 'string' && value !== '') seen.set(name, value);
    answers.push(comparableAnswer(answer, namespace, request.shows ?? []));
  }
  return answers;
}

const folder = join(import.meta.dirname, 'answers');

function readRecorded(area: string): Recorded {
  const file = join(folder, `${area}.json`);
  return recording && !existsSync(file) ? {} : (JSON.parse(readFileSync(file, 'utf8')) as Recorded);
}

function options(
  request: ObservedRequest,
  namespace: string,
  seen: ReadonlyMap<string, string>,
  nobodyToken: string,
): Parameters<Api['send']>[2] {
  const { type, body, accept } = request;
  const asking = {
    nobody: { Authorization: `Bearer ${nobodyToken}` },
    anonymous: { Authorization: '' },
    token: { Authorization: `Bearer ${seen.get('token') ?? ''}` },
  };
  const headers =
    request.as === undefined && request.headers === undefined
      ? undefined
      : {
          ...(request.as === undefined ? {} : asking[request.as]),
          ...Object.fromEntries(
            Object.entries(request.headers ?? {}).map(([name, value]) => [
              name,
              typeof value === 'string' ? filled(value, namespace, seen) : value.map((one) => filled(one, namespace, seen)),
            ]),
          ),
        };
  return {
    ...(type === undefined ? {} : { type }),
    ...(accept === undefined ? {} : { accept }),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body: filled(typeof body === 'string' ? body : JSON.stringify(body), namespace, seen) }),
  };
}

function filled(text: string, namespace: string, seen: ReadonlyMap<string, string>): string {
  return text.replaceAll('NS', namespace).replace(/\{(rv|uid|continue|token)\}/g, (_, name: string) => seen.get(name) ?? '');
}
