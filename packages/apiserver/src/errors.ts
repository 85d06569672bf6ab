import { CodedError } from '@kubecast/errors';
export type ApiServerErrorCode =
  | 'ERR_APISERVER_LISTEN'
  | 'ERR_APISERVER_DATA'
  | 'ERR_APISERVER_STATE'
  | 'ERR_APISERVER_SEED'
  | 'ERR_APISERVER_OPTION'
  | 'ERR_APISERVER_ENVTEST'
  | 'ERR_APISERVER_STATUS';

/** An error of the server itself. A request that fails is answered with a Status instead. */
export class ApiServerError extends CodedError<ApiServerErrorCode> {
  override readonly name: string = 'ApiServerError';
}

/** The address cannot be listened on: the port is taken, the host is not this machine's. */
export class ListenError extends ApiServerError {
  override readonly name: string = 'ListenError';

  constructor(message: string, options?: ErrorOptions) {
    super('ERR_APISERVER_LISTEN', message, options);
  }
}

/** The data folder cannot be used, or what it holds is damaged. Nothing in it was changed. */
export class DataFolderError extends ApiServerError {
  override readonly name: string = 'DataFolderError';

  constructor(message: string, options?: ErrorOptions) {
    super('ERR_APISERVER_DATA', message, options);
  }
}

export function isApiServerError(error: unknown): error is ApiServerError {
  return error instanceof ApiServerError;
}
