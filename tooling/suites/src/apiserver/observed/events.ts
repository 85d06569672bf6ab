import { get, named, patch, post, put, type Observation, type ObservedRequest } from './observation.ts';

const coreEvents = '/api/v1/namespaces/NS/events';
const newEvents = '/apis/events.k8s.io/v1/namespaces/NS/events';
const eventTime = '2026-01-01T00:00:00.123456Z';
const pod = { kind: 'Pod', name: 'p', namespace: 'NS' };

const coreBody = (name: string, more: object = {}): object =>
  named(name, {
    involvedObject: pod,
    reason: 'R',
    message: 'M',
    type: 'Normal',
    eventTime,
    action: 'A',
    reportingComponent: 'c.example/x',
    reportingInstance: 'i',
    ...more,
  });
const newBody = (name: string, more: object = {}): object =>
  named(name, {
    regarding: pod,
    reason: 'R',
    note: 'N',
    type: 'Normal',
    eventTime,
    action: 'A',
    reportingController: 'c.example/x',
    reportingInstance: 'i',
    ...more,
  });
const core = (name: string, more: object = {}): ObservedRequest => post(coreEvents, coreBody(name, more));
const fresh = (name: string, more: object = {}): ObservedRequest => post(newEvents, newBody(name, more));
const old = (name: string, more: object = {}): ObservedRequest =>
  post(coreEvents, named(name, { involvedObject: pod, reason: 'R', message: 'M', type: 'Normal', ...more }));

/** The rules of Events, which differ by group and by whether there is an eventTime. */
export const events: readonly Observation[] = [
  {
    says: 'an Event of the core group without eventTime is free: no action, any type, a message and reason of any length',
    requests: [
      old('free1', { type: 'Weird', message: 'm'.repeat(2000), reason: 'r'.repeat(200), series: { count: 1 } }),
      old('free2', { reason: '', message: '', type: '' }),
      old('free3', { involvedObject: { kind: 'Pod', name: 'p' } }),
      old('free4', { reportingComponent: 'a b', action: 'a'.repeat(200), reportingInstance: 'i'.repeat(200) }),
      post(coreEvents, named('free5')),
      post(coreEvents, { metadata: { name: 'Bad_Name' }, involvedObject: pod }),
    ],
  },
  {
    says: 'an Event of the core group with eventTime must name its action, reason and reporter, none of them too long',
    requests: [
      core('c1'),
      post(coreEvents, named('c2', { involvedObject: pod, eventTime })),
      core('c3', { message: 'm'.repeat(1024) }),
      core('c4', { message: 'm'.repeat(1025) }),
      core('c5', { message: 'é'.repeat(513) }),
      core('c6', { action: 'a'.repeat(129), reason: 'r'.repeat(129), reportingInstance: 'i'.repeat(129) }),
      core('c7', { action: 'a'.repeat(128), reason: 'r'.repeat(128), reportingInstance: 'i'.repeat(128) }),
      core('c8', { reportingComponent: 'a b' }),
      core('c9', { reportingComponent: 'a/b/c' }),
      core('c10', { involvedObject: { kind: 'Pod', name: 'p' } }),
      core('c11', { involvedObject: { ...pod, namespace: 'other' } }),
      core('c12', { type: 'Weird', series: { count: 1 }, count: 3, source: { component: 's' } }),
    ],
  },
  {
    says: 'times of an Event are decoded: microseconds have six digits, other times a zone',
    requests: [
      core('t1', { eventTime: '2026-01-01T00:00:00.123Z' }),
      core('t2', { eventTime: '2026-01-01T00:00:00Z' }),
      core('t3', { eventTime: '2026-01-01T02:00:00.123456+02:00' }),
      core('t4', { eventTime: '2026-01-01T00:00:00.123456789Z' }),
      core('t5', { eventTime: 5 }),
      core('t6', { eventTime: '' }),
      core('t7', { eventTime: null }),
      core('t8', { series: { count: 2, lastObservedTime: '2026-01-01T00:00:00.5Z' } }),
      core('t9', { firstTimestamp: '2026-01-01 00:00:00' }),
      core('t10', { firstTimestamp: '2026-01-01T00:00:00.9Z', lastTimestamp: '2026-01-01T02:00:00+02:00' }),
      fresh('t11', { eventTime: '2026-01-01T00:00:00.123Z' }),
      fresh('t12', { deprecatedFirstTimestamp: 'yesterday' }),
      fresh('t13', { eventTime: '2026-13-01T00:00:00.123456Z' }),
      fresh('t14', { eventTime: 'soon' }),
    ],
  },
  {
    says: 'an Event of events.k8s.io must have an eventTime, an action, a reporter and one of two types',
    requests: [
      fresh('n1'),
      post(newEvents, named('n2', { regarding: pod })),
      post(newEvents, named('n3', { regarding: pod, eventTime })),
      fresh('n4', { type: 'Weird' }),
      fresh('n5', { type: '' }),
      fresh('n6', { note: 'n'.repeat(1025) }),
      fresh('n7', { note: 'é'.repeat(513) }),
      fresh('n8', { action: '' }),
      fresh('n9', { reason: '' }),
      fresh('n10', { action: 'a'.repeat(129), reason: 'r'.repeat(129), reportingInstance: 'i'.repeat(129) }),
      fresh('n11', { reportingController: '' }),
      fresh('n12', { reportingController: 'a b', reportingInstance: '' }),
      fresh('n13', { regarding: { kind: 'Pod', name: 'p' } }),
      fresh('n14', { regarding: { ...pod, namespace: 'other' } }),
      fresh('Bad_Name'),
    ],
  },
  {
    says: 'an Event of events.k8s.io has none of the deprecated fields, and a series counts from two',
    requests: [
      fresh('d1', { deprecatedFirstTimestamp: '2026-01-01T00:00:00Z' }),
      fresh('d2', { deprecatedLastTimestamp: '2026-01-01T00:00:00Z', deprecatedCount: 1, deprecatedSource: { component: 'c' } }),
      fresh('d3', { deprecatedSource: { host: 'h' } }),
      fresh('d4', { deprecatedCount: 0, deprecatedSource: {}, deprecatedFirstTimestamp: null }),
      fresh('d5', { series: { count: 1, lastObservedTime: eventTime } }),
      fresh('d6', { series: { count: 2 } }),
      fresh('d7', { series: {} }),
      fresh('d8', { series: { count: 2, lastObservedTime: eventTime } }),
      fresh('d9', { related: { kind: 'Node', name: 'n' } }),
    ],
  },
  {
    says: 'a stored Event of events.k8s.io changes in its series and metadata alone',
    requests: [
      fresh('u1'),
      patch(`${newEvents}/u1`, { note: 'other' }),
      patch(`${newEvents}/u1`, { reason: 'Other', type: 'Warning', action: 'Other' }),
      patch(`${newEvents}/u1`, { regarding: { name: 'q' } }),
      patch(`${newEvents}/u1`, { related: { kind: 'Node', name: 'n' } }),
      patch(`${newEvents}/u1`, { reportingController: 'd.example/y', reportingInstance: 'j' }),
      patch(`${newEvents}/u1`, { eventTime: '2026-01-01T00:00:00.123457Z' }),
      patch(`${newEvents}/u1`, { eventTime: '2026-01-01T02:00:00.123456+02:00' }),
      patch(`${newEvents}/u1`, { eventTime: null }),
      patch(`${newEvents}/u1`, { deprecatedCount: 4, deprecatedSource: { component: 'c' } }),
      patch(`${newEvents}/u1`, { deprecatedFirstTimestamp: '2026-01-01T00:00:00Z' }),
      patch(`${newEvents}/u1`, { series: { count: 1 } }),
      patch(`${newEvents}/u1`, { series: { count: 2, lastObservedTime: eventTime } }),
      patch(`${newEvents}/u1`, { series: { count: 3 }, metadata: { labels: { a: 'b' } } }),
      patch(`${newEvents}/u1`, { note: 'n'.repeat(1025) }),
      get(`${newEvents}/u1`),
    ],
  },
  {
    says: 'a stored Event of the core group changes as a new one may look, also one that came by the other group',
    requests: [
      core('v1'),
      patch(`${coreEvents}/v1`, { message: 'other', reason: 'Other', type: 'Weird', count: 7 }),
      patch(`${coreEvents}/v1`, { message: 'm'.repeat(1025) }),
      patch(`${coreEvents}/v1`, { action: null }),
      fresh('v2'),
      patch(`${coreEvents}/v2`, { message: 'other', count: 2 }),
      old('v3', { count: 1 }),
      patch(`${newEvents}/v3`, { series: { count: 2, lastObservedTime: eventTime } }),
      patch(`${newEvents}/v3`, { note: 'other' }),
    ],
  },
  {
    says: 'a PUT of an Event that is not there makes it, and one without a version replaces what is there',
    requests: [
      put(`${newEvents}/w1`, newBody('w1')),
      put(`${newEvents}/w2`, named('w2', { regarding: pod })),
      put(`${newEvents}/w1`, newBody('w1', { series: { count: 2, lastObservedTime: eventTime } })),
      put(`${newEvents}/w1`, newBody('w1', { note: 'other' })),
      put(`${coreEvents}/w3`, coreBody('w3')),
      put(`${coreEvents}/w3`, coreBody('w3', { message: 'other' })),
    ],
  },
];
