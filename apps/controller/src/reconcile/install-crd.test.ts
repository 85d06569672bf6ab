import { StatusError } from '@kubecast/client';
import { appModel, toManifest, type Condition, type CustomResourceDefinition } from '@kubecast/crd';
import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import { installCrd, type CrdApi } from './install-crd.ts';

const refused = (statusCode: number, reason: string, message: string): StatusError => new StatusError({ statusCode, reason, message });
const forbidden = refused(403, 'Forbidden', 'User "u" cannot do that');
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

class Server implements CrdApi {
  crd: CustomResourceDefinition | undefined;
  created = 0;
  findFails: Error | undefined;
  createFails: Error | undefined;
  served = false;

  find(): Promise<CustomResourceDefinition | undefined> {
    return this.findFails === undefined ? Promise.resolve(this.crd) : Promise.reject(this.findFails);
  }

  create(manifest: CustomResourceDefinition): Promise<void> {
    if (this.createFails !== undefined) return Promise.reject(this.createFails);
    this.created += 1;
    this.crd = manifest;
    return Promise.resolve();
  }

  serves(): Promise<boolean> {
    return Promise.resolve(this.served);
  }

  condition(type: string, status: Condition['status'], message = ''): void {
    this.crd = { ...(this.crd ?? toManifest(appModel)), status: { conditions: [{ type, status, message, reason: 'X' }] } };
  }
}

interface Install {
  readonly states: string[];
  readonly outcome: Promise<unknown>;
  readonly stop: AbortController;
}

function install(server: Server, clock: ReturnType<typeof createVirtualClock>): Install {
  const states: string[] = [];
  const stop = new AbortController();
  const outcome = installCrd(server, { clock, log: silent, signal: stop.signal, onState: (state) => void states.push(state) }).then(
    () => 'ready',
    (error: unknown) => error,
  );
  return { states, outcome, stop };
}

test('the CRD is made once, and waited for until it is Established', async () => {
  const clock = createVirtualClock();
  const server = new Server();
  const { states, outcome } = install(server, clock);
  await clock.advance(1_000);
  expect(states.at(-1)).toBe('the CRD appmodels.iidp.com is not Established yet');
  server.condition('Established', 'True');
  await clock.advance(200);
  expect(await outcome).toBe('ready');
  expect(states.at(-1)).toBe('');
  expect(server.created).toBe(1);
});

test('one that another made at the same time is taken as it is', async () => {
  const clock = createVirtualClock();
  const server = new Server();
  server.createFails = refused(409, 'AlreadyExists', 'already exists');
  const { outcome } = install(server, clock);
  await clock.settle();
  server.condition('Established', 'True');
  await clock.advance(200);
  expect(await outcome).toBe('ready');
});

test('an API server that is away is tried again, and what is waited for says why', async () => {
  const clock = createVirtualClock();
  const server = new Server();
  server.findFails = new Error('connect ECONNREFUSED 10.0.0.1:443');
  const { states, outcome } = install(server, clock);
  await clock.advance(60_000);
  expect(states.at(-1)).toContain('ECONNREFUSED');
  server.findFails = undefined;
  server.condition('Established', 'True');
  await clock.advance(20_000);
  expect(await outcome).toBe('ready');
});

test('who may not read CRDs can work where AppModels are served, and is told the way out where they are not', async () => {
  const clock = createVirtualClock();
  const server = new Server();
  server.findFails = forbidden;
  const missing = await install(server, clock).outcome;
  expect(missing).toMatchObject({ code: 'ControllerCrdMissing', message: expect.stringContaining('deploy/crd.yaml') as string });
  server.served = true;
  expect(await install(server, clock).outcome).toBe('ready');
});

test('who may not create the CRD is told what to grant', async () => {
  const server = new Server();
  server.createFails = forbidden;
  expect(await install(server, createVirtualClock()).outcome).toMatchObject({
    code: 'ControllerCrdMissing',
    message: expect.stringMatching(/User "u" cannot do that.*grant create of customresourcedefinitions/u) as string,
  });
});

test('names that another CRD holds are a conflict; one that is being deleted is waited for', async () => {
  const clock = createVirtualClock();
  const server = new Server();
  server.condition('NamesAccepted', 'False', '"am" is already in use');
  expect(await install(server, clock).outcome).toMatchObject({
    code: 'ControllerCrdConflict',
    message: expect.stringContaining('"am" is already in use') as string,
  });
  const manifest = toManifest(appModel);
  server.crd = { ...manifest, metadata: { ...manifest.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  const { outcome, states } = install(server, clock);
  await clock.advance(1_000);
  expect(states.at(-1)).toContain('is being deleted');
  server.crd = undefined;
  await clock.advance(200);
  expect(server.created).toBe(1);
  server.condition('Established', 'True');
  await clock.advance(200);
  expect(await outcome).toBe('ready');
});

test('bad credentials end it at once, and so does being stopped', async () => {
  const clock = createVirtualClock();
  const server = new Server();
  server.findFails = refused(401, 'Unauthorized', 'Unauthorized');
  expect(await install(server, clock).outcome).toBe(server.findFails);
  server.findFails = new Error('away');
  const { outcome, stop } = install(server, clock);
  await clock.settle();
  stop.abort(new Error('stopped'));
  expect(await outcome).toMatchObject({ message: 'stopped' });
});
