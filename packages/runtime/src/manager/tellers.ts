import type { ReflectorReport, Scope, ScopeStatus } from '@kubecast/informer';
import type { Key } from '@kubecast/store';
import type { ReconcileReport } from '../controller/reconcile.ts';
import type { ElectionReport } from '../election/leader-election.ts';
import type { ToldLog } from '../logging/told-log.ts';
import { textOf } from '../logging/logger.ts';
import { keyId } from './key-id.ts';

/** States in which nothing is wrong, or nothing is known yet. All others, those of a later informer too, are told with their reason. */
const QUIET: ReadonlySet<string> = new Set(['Idle', 'Streaming', 'Listing', 'Watching', 'Stopped']);
const AWAY = /ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOST|ENETUNREACH|EPIPE|socket|connect|hang up|no answer|timed? ?out/iu;

/** A scope of an informer: what keeps it from showing what is so, until it watches again. */
export function tellScope(log: ToldLog, resource: string, status: ScopeStatus): void {
  const { namespace, cluster, state } = status;
  const reason = status.reason === '' ? state : status.reason;
  const where = { resource, ...(namespace === '' ? {} : { namespace }), ...(cluster === '' ? {} : { cluster }) };
  const subject = JSON.stringify(['scope', resource, status.scope]);
  if (QUIET.has(state)) {
    // Between two tries a scope lists: that is not well yet.
    if (state === 'Watching' && status.synced)
      log.state(subject, '', { level: 'info', message: '', fields: where }, { wellMessage: `${resource}: watching again` });
    return;
  }
  const verb = /cannot (\w+) resource/u.exec(reason)?.[1];
  log.state(subject, reason, {
    level: state === 'Forbidden' ? 'error' : 'warn',
    message: scopeMessage(resource, state, reason, verb),
    fields: { ...where, state, ...(verb === undefined ? {} : { verb }) },
  });
}

/** What a preparation waits for; '' when it waits for nothing. */
export function tellPreparation(log: ToldLog, name: string, reason: string): void {
  log.state(`prepare/${name}`, reason, { level: 'warn', message: `${name}: not prepared yet`, fields: { preparation: name } });
}

function scopeMessage(resource: string, state: string, reason: string, verb: string | undefined): string {
  if (state === 'Forbidden') return `${resource}: the API server forbids ${verb === undefined ? 'list and watch' : verb}; grant it by RBAC`;
  if (state === 'Gone') return `${resource} is not served by the API server: its CRD is not installed, or not in this version`;
  if (state === 'Regressed') return `${resource}: the API server went back to an older state`;
  if (state === 'Failed') return `${resource}: the watch failed by an error of the program or its configuration`;
  if (AWAY.test(reason)) return `${resource}: the API server is away; it is tried again`;
  return `${resource}: the watch is interrupted (${state}); it is tried again`;
}

export function tellReflector(log: ToldLog, report: ReflectorReport, scope: Scope): void {
  log.event(`reflector/${report.kind}`, report.message, {
    level: 'warn',
    message: `the informer made a detour: ${report.kind}`,
    fields: scope.namespace === '' ? {} : { namespace: scope.namespace },
  });
}

/** What a controller reports. Reconciles that end well, or run again at once for a conflict of their states, are not told. */
export function tellReconcile(log: ToldLog, controller: string, report: ReconcileReport<Key>): void {
  if (report.type === 'done' || report.type === 'conflict') return;
  if (report.type === 'source-failed') {
    log.event(`source/${controller}/${report.source}`, textOf(report.error), {
      level: 'error',
      message:
        report.source === 'states'
          ? `${controller}: the state of an object that is gone could not be ended`
          : `${controller}: a map function or predicate of ${report.source} throws; the change it was called for is not mapped`,
      fields: { controller },
    });
    return;
  }
  const fields = { controller, key: shownKey(report.key), runId: report.runId };
  if (report.type === 'timeout') {
    log.event(`timeout/${controller}`, `longer than ${report.afterMs} ms`, {
      level: 'warn',
      message: `${controller}: a reconcile takes too long; its signal is aborted`,
      fields,
    });
    return;
  }
  const reason = textOf(report.error);
  if (report.type === 'terminal')
    log.event(`terminal/${controller}`, reason, {
      level: 'error',
      message: `${controller}: reconcile failed, and trying again does not help`,
      fields,
    });
  else
    log.event(
      `failed/${controller}`,
      reason,
      {
        level: 'error',
        message: `${controller}: reconcile failed; it is tried again`,
        fields: { ...fields, retryInMs: Math.round(report.retryInMs) },
      },
      report.key.name === '' ? reason : reason.replaceAll(report.key.name, ''),
    );
}

const shownKey = (key: Key): string => {
  const { cluster, namespace, name } = key;
  return cluster === '' && namespace === '' ? name : keyId(key);
};

export function tellElection(log: ToldLog, lease: string, report: ElectionReport): void {
  const subject = `election/${lease}`;
  switch (report.type) {
    case 'leading':
      log.state(subject, '', { level: 'info', message: '' });
      log.say({ level: 'info', message: `leading by the Lease ${lease}`, fields: { lease, term: report.term } });
      break;
    case 'lost':
      log.state(subject, report.reason, {
        level: 'error',
        message: `leadership by the Lease ${lease} was lost`,
        fields: { lease, term: report.term },
      });
      break;
    case 'released':
      log.say({ level: 'info', message: `the Lease ${lease} was given up`, fields: { lease, term: report.term } });
      break;
    case 'leader':
      log.state(subject, '', { level: 'info', message: '' });
      log.say({ level: 'info', message: `${report.holder} leads by the Lease ${lease}`, fields: { lease } });
      break;
    case 'failed':
      log.event(`${subject}/${report.doing}`, textOf(report.error), {
        level: 'warn',
        message: `the request to ${report.doing} the Lease ${lease} failed; it is tried again`,
        fields: { lease },
      });
      break;
  }
}
