import { stringify } from 'yaml';

/** The text of a kubeconfig with one cluster, one user and one context, all inline. It holds the token: a secret. */
export function kubeconfigText(options: { readonly url: string; readonly ca: string; readonly user: string; readonly token: string }): string {
  return stringify({
    apiVersion: 'v1', kind: 'Config',
    clusters: [{ name: 'kubecast', cluster: { server: options.url, 'certificate-authority-data': Buffer.from(options.ca).toString('base64') } }],
    users: [{ name: options.user, user: { token: options.token } }],
    contexts: [{ name: 'kubecast', context: { cluster: 'kubecast', user: options.user, namespace: 'default' } }],
    'current-context': 'kubecast',
  });
}
