import { stringify } from 'yaml';

type KubeconfigOptions = { readonly url: string; readonly ca: string; readonly user: string } & (
  | { readonly token: string }
  | { readonly clientCertificate: { readonly certificate: string; readonly key: string } }
);

/** The text of a kubeconfig with one cluster, one user and one context, all inline. It holds the user's secret. */
export function kubeconfigText(options: KubeconfigOptions): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const credentials =
    'token' in options
      ? { token: options.token }
      : {
          'client-certificate-data': base64(options.clientCertificate.certificate),
          'client-key-data': base64(options.clientCertificate.key),
        };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'kubecast', cluster: { server: options.url, 'certificate-authority-data': base64(options.ca) } }],
    users: [{ name: options.user, user: credentials }],
    contexts: [{ name: 'kubecast', context: { cluster: 'kubecast', user: options.user, namespace: 'default' } }],
    'current-context': 'kubecast',
  });
}
