import type { KeptPromise } from '../check-promises.ts';

const at = (file: string, named: string, says: string): KeptPromise => ({ says, test: file, named });

export const kept: readonly KeptPromise[] = [
  at('apps/controller/src/flags.test.ts', 'flags and environment are read, flags win', 'each is also read from the environment'),
  at(
    'apps/controller/src/reconcile/install-crd.test.ts',
    'the CRD is made once, and waited for until it is Established',
    'Installs the CRD `appmodels.iidp.com` where there is none and waits until it is Established.',
  ),
  at(
    'tooling/suites/src/controller/controller.test.ts',
    'a conflicting CRD is reported with each difference, and the controller ends with status 1',
    'each difference is named and the controller ends with status 1.',
  ),
  at(
    'tooling/suites/src/controller/controller.test.ts',
    'what Redis does not hold as announced is reported, in the log, the metrics and an event, until it does',
    'checks whether Redis holds what each announces.',
  ),
  at(
    'tooling/suites/src/controller/controller.test.ts',
    'everything is looked at again at each resync: a value that vanishes is missed',
    'Such a value is checked again after 30 s, and every value at each `--resync`.',
  ),
  at(
    'tooling/suites/src/controller/controller.test.ts',
    'by default nothing is erased: the values of a deleted AppModel stay, and it carries no finalizer',
    '`--redis-retention keep` (default): nothing is ever erased.',
  ),
  at(
    'tooling/suites/src/controller/controller.test.ts',
    'with --redis-retention delete the values go before the object, but no value that another wrote or claims',
    '`--redis-retention delete`: each AppModel carries the finalizer `iidp.com/redis-values`.',
  ),
  at(
    'apps/controller/src/reconcile/value-retention.test.ts',
    'what the publisher wrote for exactly this app and namespace goes, all else stays',
    'if its envelope names exactly this namespace, app and model, and no other AppModel in any namespace claims its key;',
  ),
  at(
    'apps/controller/src/reconcile/value-retention.test.ts',
    'a key that another AppModel claims stays',
    'no other AppModel in any namespace claims its key;',
  ),
  at(
    'apps/controller/src/reconcile/value-retention.test.ts',
    'a value that is written between the look and the deletion is looked at again, and kept if that never ends',
    'each by one script that compares what it deletes.',
  ),
  at(
    'tooling/suites/src/controller/controller.test.ts',
    'an object that is relabelled out loses the finalizer and nothing else, also when that happened while no controller ran',
    'An object whose label no longer matches loses the finalizer; its values stay.',
  ),
  at(
    'tooling/suites/src/controller/controller.test.ts',
    'it stops in order on SIGTERM, and at the end of standard input',
    'with `--exit-with-stdin` the end of standard input, stop it in order',
  ),
  at(
    'tooling/suites/src/controller/controller.test.ts',
    'publish refuses an AppModel that does not fit before it is sent, with each bad path',
    'an object that does not fit the CRD (each bad path is named);',
  ),
  at(
    'tooling/suites/src/controller/controller.test.ts',
    'uninstall takes the finalizer off every AppModel and erases nothing',
    'Removes the finalizer from every AppModel, whatever its labels, so that they can be deleted without a controller. Erases nothing.',
  ),
  at(
    'tooling/suites/src/controller/controller.test.ts',
    'what keeps it from starting is said in words, with a status that is not 0',
    '2 for flags that cannot be read.',
  ),
  at(
    'apps/controller/src/reconcile/app-model-reconciler.test.ts',
    'an AppModel whose values are not there is looked at again after 30 s',
    'Such a value is checked again after 30 s, and every value at each `--resync`.',
  ),
  at(
    'tooling/suites/src/controller/controller.test.ts',
    'publish checks everything before it writes, and takes metadata from a file or a folder with MODEL.json each',
    "Checks all input first, then writes each model's metadata to Redis, then applies the AppModel by server-side apply (field manager `appmodels-manager`, forced;",
  ),
  at(
    'tooling/suites/src/controller/controller.test.ts',
    'publish checks everything before it writes, and takes metadata from a file or a folder with MODEL.json each',
    '`--metadata` takes a file that maps models to metadata, or a folder with MODEL.json each.',
  ),
  at(
    'tooling/suites/src/controller/phases.test.ts',
    'SIGTERM while it leads gives the Lease up, and a second one that waits for the Lease ends without touching it',
    'stop it in order, in every phase: while the CRD is installed, before the sync, as a standby and as the leader, who gives the Lease up.',
  ),
  at(
    'tooling/suites/src/controller/phases.test.ts',
    'SIGTERM while the installation of the CRD waits for a server that is away',
    'in every phase: while the CRD is installed',
  ),
  at(
    'tooling/suites/src/controller/phases.test.ts',
    'SIGTERM before the sync, while RBAC forbids the list, which is told within a second with verb and resource',
    'While the API server is away, or refuses, the log says so at once and again at growing intervals, with verb and resource',
  ),
  at(
    'tooling/suites/src/controller/controller.test.ts',
    'publish reads what kubectl reads, and rollback announces the version before without a file',
    'Announces versions again that Redis keeps, without their files: those that are named, else for each model the one that was published before.',
  ),
  at(
    'apps/controller/src/commands/read-as-kubectl.test.ts',
    'a List and an AppModelList are taken apart, in YAML and in JSON',
    'Files are read as kubectl reads them: JSON or several YAML documents, a List or an AppModelList',
  ),
  at(
    'apps/controller/src/commands/read-as-kubectl.test.ts',
    'an unquoted scalar that kubectl reads otherwise is refused by its place',
    'is refused by its place.',
  ),
];
