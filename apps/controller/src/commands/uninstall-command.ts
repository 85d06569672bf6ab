import { connectionFromDefaults, createClient } from '@kubecast/client';
import { appModel, type AppModel } from '@kubecast/crd';
import { createFinalizer, kubeconfigOf, objectAccess } from '@kubecast/runtime';
import type { UninstallFlags } from '../flags.ts';
import { finalizerName } from '../reconcile/value-retention.ts';

/** Removes the finalizer from every AppModel, whatever its labels. Erases nothing. */
export async function uninstallCommand(flags: UninstallFlags, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  const connection = await connectionFromDefaults(kubeconfigOf(flags));
  const client = createClient(connection, { userAgent: 'kubecast-controller/uninstall' });
  try {
    const appModels = client.resource<typeof appModel, AppModel>(appModel);
    const finalizer = createFinalizer(objectAccess(appModels), { name: finalizerName });
    const namespace = flags.namespace ?? connection.namespace;
    let seen = 0;
    let released = 0;
    for await (const object of appModels.list({ namespace, signal })) {
      seen += 1;
      if (!(await finalizer.release(object, signal))) continue;
      released += 1;
      say(`appmodel.iidp.com/${object.metadata.name ?? ''} in ${object.metadata.namespace ?? ''} released`);
    }
    say(
      `${released} of ${seen} AppModels in ${namespace === '' ? 'all namespaces' : namespace} held the finalizer ${finalizerName}; the values in Redis and the CRD stay`,
    );
  } finally {
    client.close();
  }
}
