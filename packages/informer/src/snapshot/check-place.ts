import type { InformerOptions } from '../contract/informer-options.ts';
import { checkBoolean, checkFields, checkMs, checkText, isObject, wrongOption } from '../contract/option-checks.ts';
import { InformerOptionsError } from '../errors.ts';

/** @throws InformerOptionsError that names what is wrong with a place for a file */
export function checkPlace<T>(options: Pick<InformerOptions<T>, 'type' | 'transform' | 'metadataOnly'>, value: unknown): void {
  const place = checkFields('place', value, ['files', 'path', 'everyMs', 'transformName', 'secrets']);
  const { files, path, transformName, secrets } = place;
  for (const name of ['write', 'replace', 'remove', 'open'])
    if (!isObject(files) || typeof files[name] !== 'function')
      throw wrongOption('files', files, `give a file system, such as nodeFileSystem(fs) of @kubecast/store; it has no ${name}()`);
  if (typeof path !== 'string' || path === '' || path.includes('\0')) throw wrongOption('path', path, 'give the path of the file');
  checkMs('everyMs', place['everyMs'], 0);
  checkText('transformName', transformName);
  checkBoolean('secrets', secrets);
  if (options.transform !== undefined && transformName === undefined)
    throw new InformerOptionsError(
      'transformName: a transform whose results are saved needs a name, which changes with it; a file that another transform made is not used',
    );
  if (options.transform === undefined && transformName !== undefined)
    throw wrongOption('transformName', transformName, 'there is no transform to name; leave it out');
  const { group, version, kind } = options.type;
  if (group === '' && version === 'v1' && kind === 'Secret' && options.metadataOnly !== true && secrets !== true)
    throw new InformerOptionsError('secrets: Secrets are kept in a file only where `secrets: true` asks for it');
}
