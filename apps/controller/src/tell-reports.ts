import type { ManagerReport } from '@kubecast/runtime';
import type { Log } from './log.ts';

/** What the controller adds to two lines of its log. */
export interface OwnFields {
  readonly listening: object;
  readonly synced: () => object;
}

/**
 * Tells some of the manager's reports in the controller's own words, which its users know; the manager's log tells the others. Reports that a manager does not
 * log at all are told at the level debug.
 */
export function tellInOwnWords(log: Log, own: OwnFields): (report: ManagerReport) => boolean {
  return (report) => {
    switch (report.type) {
      case 'listening':
        log.info({ url: report.urls.health, ...own.listening }, 'listening');
        return true;
      case 'synced':
        log.info({ ...own.synced(), ms: report.ms }, 'synced');
        return true;
      case 'scope': {
        const { namespace, state, reason } = report.status;
        log.debug({ namespace, state, reason }, 'the watch of AppModels');
        break;
      }
      case 'reconcile':
        if (report.report.type === 'done')
          log.debug(
            {
              namespace: report.report.key.namespace,
              name: report.report.key.name,
              runId: report.report.runId,
              ms: Math.round(report.report.ms),
            },
            'reconciled',
          );
        break;
      case 'election':
        return tellElection(log, report.report);
      case 'preparing':
      case 'prepared':
      case 'reflector':
        break;
    }
    return false;
  };
}

function tellElection(log: Log, report: Extract<ManagerReport, { type: 'election' }>['report']): boolean {
  switch (report.type) {
    case 'failed':
      return false;
    case 'leading':
      log.info({ term: report.term }, 'leading');
      break;
    case 'lost':
      log.warn({ term: report.term, reason: report.reason }, 'leadership was lost');
      break;
    case 'released':
      log.info({ term: report.term }, 'the Lease was given up');
      break;
    case 'leader':
      log.info({ holder: report.holder }, 'another leads');
      break;
  }
  return true;
}
