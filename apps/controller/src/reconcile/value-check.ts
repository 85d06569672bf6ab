import type { Announcement } from '@kubecast/model-index';
import { describeOwner, isSameOwner, type ValuePublisher } from '@kubecast/redis-loader';

/** The state of the value in Redis of an announced model. */
export type ValueState =
  /** Redis holds the announced version, under the plain key or its own. */
  | 'current'
  /** Redis holds nothing under the key. */
  | 'missing'
  /** Redis holds another version: an older one, or a newer one whose announcement is on its way. */
  | 'other-version'
  /** The value has no envelope: no publisher of kubecast wrote it. */
  | 'unverified'
  /** The envelope names another namespace, app or model. */
  | 'foreign';

export const valueStates: readonly ValueState[] = ['current', 'missing', 'other-version', 'unverified', 'foreign'];

export interface ValueReport {
  readonly model: string;
  readonly key: string;
  readonly state: ValueState;
  /** What is wrong, in words; '' for `current`. */
  readonly message: string;
}

/** Checks the value of each announced model. @throws RedisFailedError, KeyTemplateError */
export async function checkValues(
  values: Pick<ValuePublisher, 'look'>,
  announcement: Announcement,
  signal: AbortSignal,
): Promise<readonly ValueReport[]> {
  const { namespace, app = '' } = announcement;
  return Promise.all(
    [...announcement.models].map(async ([model, version]): Promise<ValueReport> => {
      const owner = { namespace, app, model };
      const { key, current, retained } = await values.look({ ...owner, version, signal });
      const { kind, envelope } = current;
      const what = `model ${JSON.stringify(model)} of app ${JSON.stringify(app)}: `;
      const report = (state: ValueState, message: string): ValueReport => ({
        model,
        key,
        state,
        message: message === '' ? '' : what + message,
      });
      // Pods read the version's own key where the plain one does not hold what is announced.
      const kept = retained.envelope;
      if (kept !== undefined && kept.version === version && isSameOwner(kept, owner)) return report('current', '');
      if (kind === 'absent')
        return report('missing', `Redis holds nothing under ${JSON.stringify(key)}; publish version ${JSON.stringify(version)}`);
      if (envelope === undefined)
        return report('unverified', `the value under ${JSON.stringify(key)} was not written by a publisher; it is served as unverified`);
      if (!isSameOwner(envelope, owner)) {
        return report(
          'foreign',
          `the value under ${JSON.stringify(key)} belongs to ${describeOwner(envelope)}; a key template with {namespace} keeps them apart`,
        );
      }
      if (envelope.version !== version)
        return report('other-version', `Redis holds version ${JSON.stringify(envelope.version)}, announced is ${JSON.stringify(version)}`);
      return report('current', '');
    }),
  );
}
