import { ConfigError, CredentialsError, ProtocolError, RequestError, StatusError } from '@kubecast/client';
import { bookmarkFrame, frameOf, statuses } from '../testing/index.ts';
import type { Short } from './world/shared-store.ts';
import type { ModelFault, RequestKind } from '../testing/index.ts';

export type FaultName =
  | 'refused'
  | 'hang'
  | 'status-410'
  | 'status-429'
  | 'status-500'
  | 'status-503'
  | 'status-504'
  | 'status-401'
  | 'status-403'
  | 'status-404'
  | 'status-422'
  | 'status-too-large'
  | 'status-307'
  | 'status-405'
  | 'html'
  | 'program'
  | 'credentials'
  | 'unsendable'
  | 'config'
  | 'event-null'
  | 'event-wordless'
  | 'event-compacted'
  | 'event-410-text'
  | 'same-bookmark'
  | 'same-bookmark-reset'
  | 'event-410'
  | 'event-429'
  | 'event-500'
  | 'event-too-large'
  | 'break'
  | 'end'
  | 'silent'
  | 'corrupt'
  | 'low-bookmark'
  | 'duplicate-initial'
  | 'reverse-initial'
  | 'missing-end'
  | 'altered-end'
  | 'unmarked-bookmark';

export type ServerEvent = 'cut' | 'end' | 'restart' | 'compact' | 'restore' | 'reshape' | 'lag' | 'deafen';

export type HandlerKind =
  | 'plain'
  | 'slow'
  | 'throwing'
  | 'rejecting'
  | 'stuck'
  | 'filtered'
  | 'resyncing'
  | 'tiny-buffer'
  | 'tiny-pin'
  | 'overflowing'
  | 'iterating'
  | 'late-leaver';

export type Step =
  | { readonly kind: 'put'; readonly namespace: string; readonly name: string; readonly matches: boolean }
  | { readonly kind: 'delete' | 'recreate'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'other-write' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'fault'; readonly request: RequestKind; readonly fault: FaultName; readonly after: number; readonly times: number }
  | { readonly kind: 'server'; readonly event: ServerEvent; readonly amount: number }
  | {
      readonly kind: 'drive';
      readonly to: 'Gone' | 'Regressed' | 'Forbidden' | 'Stale' | 'BackingOff' | 'Relisting';
      readonly ms: number;
      readonly event: ServerEvent;
      readonly amount: number;
    }
  | { readonly kind: 'handler'; readonly handler: HandlerKind }
  | { readonly kind: 'scope'; readonly namespaces: readonly string[] }
  /** `amid`: what follows happens while the file is written. */
  | { readonly kind: 'save'; readonly amid?: boolean }
  /** The store cannot take the next lists. */
  | { readonly kind: 'full'; readonly times: number }
  | Restart;

/** The file that an informer begins again with: that of its end, the one saved before (a crash), with another byte, with its end missing, or none. */
export const FILES = ['last', 'crash', 'damaged', 'cut', 'none'] as const;
/** The server that it then meets: as it was, restored from an older copy meanwhile, or that of another cluster. */
export const MEETS = ['same', 'back', 'other'] as const;

/** It ends and begins again from its file. */
export interface Restart {
  readonly kind: 'restart';
  readonly file: (typeof FILES)[number];
  readonly meets?: (typeof MEETS)[number];
  /** The server is reached at another URL than before. */
  readonly moved?: boolean;
  /** Where the file is damaged or cut, in thousandths of it; how far the server goes back. */
  readonly at?: number;
}

/** Everything that one run of the oracle does; the same schedule is the same run. */
export interface Schedule {
  readonly seed: number;
  readonly streams: boolean;
  /** Every list comes in pages, whether or not they were asked for. */
  readonly pages?: boolean;
  readonly selector: boolean;
  /** Which of the program's functions throw for some objects; see `program.ts`. */
  readonly program?: Program;
  /** What happens while a streamed list is under way comes after its end, in one batch with it. */
  readonly endAtOnce?: boolean;
  /** The store is in shared memory, and small. */
  readonly shared?: Short;
  /** A second cluster stands in the same view, and has no faults. */
  readonly twin?: boolean;
  /** Nobody may ask the servers who they are, so that their URL decides. */
  readonly nameless?: boolean;
  /** The version that the other cluster begins at. */
  readonly otherRev?: number;
  /** Milliseconds between the saves of a file. */
  readonly everyMs?: number;
  /** How watches are answered from versions that the server is deaf to. */
  readonly deafness?: Deafness;
  readonly batch: number;
  readonly paceMs: number;
  readonly namespaces: readonly string[];
  readonly objects: number;
  /** 0: other work gets its turn after each frame, change and delta. */
  readonly sliceMs: number;
  /** What meets the very first list. */
  readonly first: { readonly fault: FaultName; readonly after: number } | null;
  readonly handlers: readonly HandlerKind[];
  readonly steps: readonly Step[];
}

export type Program = 'sound' | 'index' | 'transform' | 'both';

export const DEAFNESS = [
  'end',
  'status-404',
  'status-403',
  'status-307',
  'status-405',
  'html',
  'event-null',
  'event-wordless',
  'same-bookmark',
  'same-bookmark-reset',
] as const;
export type Deafness = (typeof DEAFNESS)[number];

export const NAMESPACES = ['a', 'a-0', 'b'] as const;

/** The plan of a named fault; `after` counts frames, pages or items. */
export function modelFault(name: FaultName, after: number): ModelFault {
  switch (name) {
    case 'refused':
      return { refused: true };
    case 'hang':
      return { hang: true };
    case 'status-410':
      return { status: statuses.expired };
    case 'status-429':
      return { status: statuses.tooManyRequests };
    case 'status-500':
      return { status: statuses.internal };
    case 'status-503':
      return { status: statuses.unavailable };
    case 'status-504':
      return { status: statuses.gatewayTimeout };
    case 'status-401':
      return { status: statuses.unauthorized };
    case 'status-403':
      return { status: statuses.forbidden };
    case 'status-404':
      return { status: statuses.notFound };
    case 'status-422':
      return { status: statuses.streamUnsupported };
    case 'status-too-large':
      return { status: statuses.tooLarge };
    case 'status-307':
      return { throws: new StatusError({ statusCode: 307, reason: '', message: 'HTTP 307' }) };
    case 'status-405':
      return { status: { ...statuses.notFound, code: 405, reason: 'MethodNotAllowed', message: 'the method is not allowed' } };
    case 'html':
      return { throws: new ProtocolError('the answer is an HTML page') };
    case 'program':
      return { throws: new TypeError('Cannot read properties of undefined') };
    case 'credentials':
      return { throws: new CredentialsError('the plugin failed') };
    case 'unsendable':
      return { throws: new RequestError('a header has a line break') };
    case 'config':
      return { throws: new ConfigError('there is no such user') };
    case 'event-null':
      return { frames: [frameOf('ERROR', null)], last: 'end' };
    case 'event-wordless':
      return { frames: [frameOf('ERROR', { kind: 'Status', status: 'Failure' })], last: 'end' };
    case 'event-compacted':
      return { frames: [frameOf('ERROR', { message: 'etcdserver: mvcc: required revision has been compacted' })], last: 'end' };
    case 'event-410-text':
      return { frames: [frameOf('ERROR', { code: '410' })], last: 'end' };
    case 'same-bookmark':
      return { frames: (from) => [bookmarkFrame(from)], last: 'end' };
    case 'same-bookmark-reset':
      return { frames: (from) => [bookmarkFrame(from)], last: 'break' };
    case 'event-410':
      return { error: { status: statuses.expired, after } };
    case 'event-429':
      return { error: { status: statuses.tooManyRequests, after } };
    case 'event-500':
      return { error: { status: statuses.internal, after } };
    case 'event-too-large':
      return { error: { status: statuses.tooLarge, after } };
    case 'break':
      return { breakAfter: after };
    case 'end':
      return { endAfter: after };
    case 'silent':
      return { silentAfter: after };
    case 'corrupt':
      return { corruptAt: after };
    case 'low-bookmark':
      return { frames: [bookmarkFrame(1)] };
    case 'duplicate-initial':
      return { duplicateInitial: true };
    case 'reverse-initial':
      return { reverseInitial: true };
    case 'missing-end':
      return { initialEnd: 'missing' };
    case 'altered-end':
      return { initialEnd: 'True' };
    case 'unmarked-bookmark':
      return { initialEnd: 'unmarked-first' };
    default:
      return name satisfies never;
  }
}

const ANYWHERE: readonly FaultName[] = [
  'refused',
  'hang',
  'status-410',
  'status-429',
  'status-500',
  'status-503',
  'status-504',
  'status-401',
  'status-403',
  'status-404',
  'status-422',
  'status-too-large',
  'status-307',
  'html',
  'program',
  'credentials',
];
const IN_STREAM: readonly FaultName[] = ['event-410', 'event-429', 'event-500', 'event-too-large', 'break', 'end', 'silent', 'corrupt'];

/** Which faults can meet which request: the cells of the coverage table that must not stay empty. */
export const REACHABLE: Readonly<Record<RequestKind, readonly FaultName[]>> = {
  stream: [
    ...ANYWHERE,
    ...IN_STREAM,
    'status-405',
    'event-null',
    'event-wordless',
    'duplicate-initial',
    'reverse-initial',
    'missing-end',
    'altered-end',
    'unmarked-bookmark',
  ],
  watch: [
    ...ANYWHERE,
    ...IN_STREAM,
    'low-bookmark',
    'status-405',
    'unsendable',
    'config',
    'event-null',
    'event-wordless',
    'event-compacted',
    'event-410-text',
    'same-bookmark',
    'same-bookmark-reset',
  ],
  list: [...ANYWHERE, 'unsendable', 'break', 'end', 'silent', 'corrupt'],
  probe: ANYWHERE,
  // Refusals with which a server says that nobody may ask are those of schedules that are `nameless`.
  identity: [
    'refused',
    'hang',
    'status-429',
    'status-500',
    'status-503',
    'status-504',
    'status-401',
    'status-307',
    'html',
    'program',
    'credentials',
  ],
};

export const SERVER_EVENTS: readonly ServerEvent[] = ['cut', 'end', 'restart', 'compact', 'restore', 'reshape', 'lag', 'deafen'];
