import { connectionFromDefaults, createClient } from '@kubecast/client';
import { appModel, type AppModel } from '@kubecast/crd';
import { appModelApi, createPublisher, type AppModelReceipt, type Publisher } from '@kubecast/model-index';
import { readRedisConfig } from '@kubecast/redis-loader';
import { kubeconfigOf } from '@kubecast/runtime';
import { InputError } from '../errors.ts';
import type { PublishFlags, RollbackFlags } from '../flags.ts';
import { readAppModels, readMetadata } from './read-files.ts';

/** Publishes the AppModels in the files. `say` gets one line for each value and object that was written. Throws the first refusal or failure. */
export async function publishCommand(flags: PublishFlags, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  const twice = flags.files.find((file, at) => flags.files.indexOf(file) !== at);
  if (twice !== undefined) throw new InputError(`${twice === '-' ? 'standard input' : twice} is given twice; give it once`);
  const files = await Promise.all(flags.files.map((file) => readAppModels(file)));
  const objects = files.flatMap((file) => file.objects);
  for (const other of files.flatMap((file) => file.others)) say(`${other} is not applied: publish applies AppModels only`);
  if (flags.name !== undefined && objects.length > 1)
    throw new InputError(`--name names one AppModel, but the files hold ${objects.length}`);
  const metadata = await readMetadata(flags.metadata);
  await withPublisher(flags, say, async (publisher) => {
    for (const object of objects) {
      const placed = flags.namespace === undefined ? object : { ...object, metadata: { ...object.metadata, namespace: flags.namespace } };
      const receipt = await publisher.publishAppModel(placed, metadata, {
        adopt: flags.adopt,
        dryRun: flags.dryRun,
        signal,
        ...(flags.name === undefined ? {} : { name: flags.name }),
      });
      tell(receipt, flags.dryRun, say);
    }
  });
}

/** Announces versions again that are kept in Redis. */
export async function rollbackCommand(flags: RollbackFlags, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  const { name, models, appVersion, dryRun } = flags;
  await withPublisher(flags, say, async (publisher) => {
    const to = { name, ...(models === undefined ? {} : { models }), ...(appVersion === undefined ? {} : { version: appVersion }) };
    tell(await publisher.rollback(to, { dryRun, signal }), dryRun, say);
  });
}

async function withPublisher(
  flags: PublishFlags | RollbackFlags,
  say: (line: string) => void,
  task: (publisher: Publisher) => Promise<void>,
): Promise<void> {
  const connection = await connectionFromDefaults(kubeconfigOf(flags));
  const client = createClient(connection, {
    userAgent: `kubecast-controller/${flags.command}`,
    onWarning: (text) => say(`warning from the server: ${text}`),
  });
  const publisher = createPublisher({
    appModels: appModelApi(client.resource<typeof appModel, AppModel>(appModel)),
    redis: flags.redisConfig === undefined ? flags.redisUrl : readRedisConfig(flags.redisConfig),
    keyTemplate: flags.keyTemplate,
    replicas: flags.replicas,
    namespace: flags.namespace ?? connection.namespace,
    fieldManager: flags.fieldManager,
    force: flags.force,
  });
  try {
    await task(publisher);
  } finally {
    await publisher.close();
    client.close();
  }
}

function tell({ appModel: { key, version }, values }: AppModelReceipt, dryRun: boolean, say: (line: string) => void): void {
  for (const value of values) {
    const isNew = value.outcome === 'written' || value.outcome === 'restored';
    say(`${value.key}: version ${value.version} ${value.outcome}${isNew ? `, number ${value.number}` : ''}`);
  }
  say(
    `appmodel.iidp.com/${key.name} in ${key.namespace} ${dryRun ? 'would be applied (dry run)' : `applied, resourceVersion ${version ?? ''}`}`,
  );
}
