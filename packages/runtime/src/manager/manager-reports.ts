import type { ReflectorReport, Scope, ScopeStatus } from '@kubecast/informer';
import type { Key } from '@kubecast/store';
import type { ReconcileReport } from '../controller/reconcile.ts';
import type { ElectionReport } from '../election/leader-election.ts';
import type { ToldLog } from '../logging/told-log.ts';
import { tellElection, tellPreparation, tellReconcile, tellReflector, tellScope } from './tellers.ts';

/** What a manager tells of, as a value. */
export type ManagerReport =
  /** The servers listen; '' where none does. */
  | { readonly type: 'listening'; readonly urls: { readonly health: string; readonly metrics: string; readonly debug: string } }
  /** A preparation waits for something; '' when it no longer does. */
  | { readonly type: 'preparing'; readonly name: string; readonly reason: string }
  | { readonly type: 'prepared'; readonly name: string; readonly ms: number }
  /** Every informer and every source of a controller is complete. */
  | { readonly type: 'synced'; readonly ms: number; readonly controllers: readonly string[] }
  /** A scope of an informer changed its state. */
  | { readonly type: 'scope'; readonly resource: string; readonly status: ScopeStatus }
  | { readonly type: 'reflector'; readonly report: ReflectorReport; readonly scope: Scope }
  | { readonly type: 'reconcile'; readonly controller: string; readonly report: ReconcileReport<Key> }
  | { readonly type: 'election'; readonly lease: string; readonly report: ElectionReport };

/** Gives each report to the program's hook, and what the hook leaves to the log. */
export class ManagerReports {
  readonly #told: ToldLog;
  readonly #hook: ((report: ManagerReport) => boolean | void) | undefined;

  constructor(told: ToldLog, hook: ((report: ManagerReport) => boolean | void) | undefined) {
    this.#told = told;
    this.#hook = hook;
  }

  report(report: ManagerReport): void {
    try {
      if (this.#hook?.(report) === true) return;
    } catch {
      // A hook that throws must not stop what it is told of; the log tells it instead.
    }
    this.#tell(report);
  }

  #tell(report: ManagerReport): void {
    const told = this.#told;
    switch (report.type) {
      case 'listening': {
        const urls = Object.entries(report.urls).filter(([, url]) => url !== '');
        if (urls.length > 0) told.say({ level: 'info', message: 'listening', fields: Object.fromEntries(urls) });
        break;
      }
      case 'preparing':
        tellPreparation(told, report.name, report.reason);
        break;
      case 'prepared':
        tellPreparation(told, report.name, '');
        told.say({ level: 'info', message: `${report.name}: prepared`, fields: { preparation: report.name, ms: report.ms } });
        break;
      case 'synced':
        told.say({ level: 'info', message: 'synced', fields: { ms: report.ms, controllers: report.controllers.join(', ') } });
        break;
      case 'scope':
        tellScope(told, report.resource, report.status);
        break;
      case 'reflector':
        tellReflector(told, report.report, report.scope);
        break;
      case 'reconcile':
        tellReconcile(told, report.controller, report.report);
        break;
      case 'election':
        tellElection(told, report.lease, report.report);
        break;
    }
  }
}
