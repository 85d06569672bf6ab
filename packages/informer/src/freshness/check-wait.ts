import { checkFields, checkKey, checkMs, checkSignal, checkText, isObject, wrongOption } from '../contract/option-checks.ts';

/** @throws InformerOptionsError that names what is wrong with what `waitFor` was given */
export function checkWait(what: unknown, options: unknown): void {
  if (isObject(what) && 'scope' in what) {
    if (typeof what['scope'] !== 'string')
      throw wrongOption('waitFor.scope', what['scope'], 'give a scope id: see `scopeId` and `scopes()`');
    if (typeof what['version'] !== 'string' || what['version'] === '')
      throw wrongOption('waitFor.version', what['version'], 'give a resourceVersion, which is a text');
  } else checkReceipt('waitFor', what);
  const { signal, deadlineMs, after } = checkFields('waitFor', options, ['signal', 'deadlineMs', 'after']);
  if (deadlineMs === undefined) throw wrongOption('deadlineMs', deadlineMs, 'give the milliseconds to wait at most');
  checkMs('deadlineMs', deadlineMs, 0);
  checkSignal('signal', signal);
  if (after !== undefined) checkBarrier('after', after);
}

/** @throws InformerOptionsError */
export function checkReceipt(of: string, receipt: unknown): void {
  if (!isObject(receipt)) throw wrongOption(of, receipt, 'give the receipt of a write, or { scope, version }');
  const { key, uid, version, gone } = receipt;
  checkKey(`${of}.key`, key);
  if (typeof uid !== 'string') throw wrongOption(`${of}.uid`, uid, "give the UID, '' where it is not known");
  if (version !== undefined) checkText(`${of}.version`, version);
  if (typeof gone !== 'boolean') throw wrongOption(`${of}.gone`, gone, 'give true for a delete, else false');
}

/** @throws InformerOptionsError */
export function checkBarrier(option: string, barrier: unknown): void {
  if (!isObject(barrier) || typeof barrier['scope'] !== 'string' || typeof barrier['epoch'] !== 'number' || !isObject(barrier['key']))
    throw wrongOption(option, barrier, 'give what `writeBarrier` gave before the write');
}
