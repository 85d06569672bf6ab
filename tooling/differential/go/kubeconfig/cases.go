package main

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// One cluster, one user, one context; each with fields besides its own, in YAML's flow form.
func of(user, cluster, context string) string {
	member := func(text string) string {
		if text == "" {
			return ""
		}
		return ", " + text
	}
	return "apiVersion: v1\nkind: Config\ncurrent-context: dev\n" +
		"contexts:\n- name: dev\n  context: {cluster: c, user: u" + member(context) + "}\n" +
		"clusters:\n- name: c\n  cluster: {server: '{{tls}}', certificate-authority-data: {{ca}}" + member(cluster) + "}\n" +
		"users:\n- name: u\n  user: {" + user + "}\n"
}

func one(name, text string) Case {
	return Case{Name: name, Files: map[string]string{"config": text}}
}

func user(name, fields string) Case { return one(name, of(fields, "", "")) }

func with(c Case, files ...string) Case {
	for i := 0; i+1 < len(files); i += 2 {
		c.Files[files[i]] = files[i+1]
	}
	return c
}

// What stands where something else is expected.
var values = [][2]string{
	{"number", "1000"}, {"true", "true"}, {"yes", "yes"}, {"list", "[]"}, {"list of numbers", "[1]"},
	{"list of texts", "[a]"}, {"map", "{}"}, {"map of texts", "{a: b}"}, {"null", "null"}, {"empty text", "''"}, {"text", "abcd"},
	{"list of null", "[null]"}, {"number in quotes", "'1000'"},
}

var common = map[string]bool{"number": true, "yes": true, "list of texts": true, "map of texts": true, "null": true, "empty text": true, "text": true}

const plugin = "apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never"

const script = "#!/bin/sh\necho x >> {{dir}}/ran\necho '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"of-plugin\"}}'\n"

const certScript = "#!/bin/sh\necho x >> {{dir}}/ran\ncat <<'END'\n" +
	"{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"clientCertificateData\":{{certJson}},\"clientKeyData\":{{keyJson}}}}\nEND\n"

func jwt(claims string) string {
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	return part(`{"alg":"none"}`) + "." + part(claims) + ".sig"
}

func oidc(client, more string) string {
	return fmt.Sprintf("auth-provider: {name: oidc, config: {idp-issuer-url: 'https://127.0.0.1:1', client-id: %s%s}}", client, more)
}

func wrongTypes() []Case {
	all := []Case{}
	add := func(place, field string, text func(value string) string) {
		for _, value := range values {
			// The user's fields meet all of them, the others the commonest.
			if !strings.Contains(place, "user") && place != "lone cluster" && !common[value[0]] {
				continue
			}
			c := one(fmt.Sprintf("type: %s.%s is a %s", place, field, value[0]), text(field+": "+value[1]))
			if strings.Contains(place, "exec") {
				c = with(c, "plugin", script)
			}
			all = append(all, c)
		}
	}
	for _, field := range []string{"client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile", "as", "as-uid", "as-groups",
		"as-user-extra", "username", "password", "auth-provider", "exec", "extensions"} {
		add("user", field, func(text string) string { return of(text, "", "") })
	}
	for _, field := range []string{"as-uid", "as-groups", "as-user-extra"} {
		add("impersonating user", field, func(text string) string { return of("as: jane, "+text, "", "") })
	}
	for _, field := range []string{"tls-server-name", "insecure-skip-tls-verify", "certificate-authority", "proxy-url", "disable-compression", "extensions"} {
		add("cluster", field, func(text string) string { return of("token: t", text, "") })
	}
	for _, field := range []string{"server", "certificate-authority-data"} {
		add("lone cluster", field, func(text string) string {
			return "current-context: dev\ncontexts: [{name: dev, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: '{{tls}}', " + text + "}}]\nusers: [{name: u, user: {token: t}}]\n"
		})
	}
	for _, field := range []string{"namespace", "extensions"} {
		add("context", field, func(text string) string { return of("token: t", "", text) })
	}
	for _, field := range []string{"cluster", "user"} {
		add("lone context", field, func(text string) string {
			return "current-context: dev\ncontexts: [{name: dev, context: {cluster: c, user: u, " + text + "}}]\nclusters: [{name: c, cluster: {server: '{{tls}}', certificate-authority-data: {{ca}}}}]\nusers: [{name: u, user: {token: t}}]\n"
		})
	}
	for _, field := range []string{"apiVersion", "kind", "preferences", "extensions", "current-context", "clusters", "users", "contexts"} {
		add("config", field, func(text string) string { return of("token: t", "", "") + text + "\n" })
	}
	for _, field := range []string{"colors", "extensions"} {
		add("preferences", field, func(text string) string { return of("token: t", "", "") + "preferences: {" + text + "}\n" })
	}
	for _, field := range []string{"command", "args", "env", "apiVersion", "installHint", "provideClusterInfo", "interactiveMode"} {
		add("exec", field, func(text string) string { return of("exec: {"+plugin+", "+text+"}", "", "") })
	}
	for _, field := range []string{"name", "value"} {
		add("exec.env", field, func(text string) string {
			return of("exec: {"+plugin+", env: [{name: A, value: b, "+text+"}]}", "", "")
		})
	}
	for _, field := range []string{"name", "config"} {
		add("auth-provider", field, func(text string) string {
			return of("token: t, auth-provider: {name: oidc, config: {client-id: a, idp-issuer-url: 'https://127.0.0.1:1'}, "+text+"}", "", "")
		})
	}
	for _, field := range []string{"client-id", "idp-issuer-url", "id-token", "other"} {
		add("auth-provider.config", field, func(text string) string { return of("token: t, "+oidc("ty", ", "+text), "", "") })
	}
	for _, list := range []string{"clusters", "users", "contexts"} {
		member := strings.TrimSuffix(list, "s")
		for _, value := range values {
			if !common[value[0]] {
				continue
			}
			all = append(all, one("type: the name of an unused entry of "+list+" is a "+value[0], strings.Replace(of("token: t", "", ""), list+":\n", list+":\n- {name: "+value[1]+"}\n", 1)))
			all = append(all, one("type: an unused entry of "+list+" is a "+value[0], strings.Replace(of("token: t", "", ""), list+":\n", list+":\n- "+value[1]+"\n", 1)))
			all = append(all, one("type: the "+member+" of an unused entry is a "+value[0], strings.Replace(of("token: t", "", ""), list+":\n", list+":\n- {name: other, "+member+": "+value[1]+"}\n", 1)))
		}
	}
	for _, value := range values {
		all = append(all, one("type: the name of an extension is a "+value[0], of("token: t", "extensions: [{name: "+value[1]+"}]", "")))
		all = append(all, one("type: an extension is a "+value[0], of("token: t", "extensions: [{name: x, extension: "+value[1]+"}]", "")))
		all = append(all, one("type: as-user-extra of a name is a "+value[0], of("as: jane, as-user-extra: {x: "+value[1]+"}", "", "")))
		all = append(all, one("type: the kubeconfig is a "+value[0], value[1]+"\n"))
	}
	return all
}

func credentials() []Case {
	all := []Case{
		user("no credentials", ""),
		user("token", "token: t"),
		user("basic", "username: ann, password: pw"),
		user("basic: a user without a password", "username: ann"),
		user("basic: a password without a user", "password: pw"),
		user("basic: a colon and letters beyond ASCII", "username: 'jür:gen', password: 'pä:ß'"),
		user("token and basic", "token: t, username: ann, password: pw"),
		user("token and a password alone", "token: t, password: pw"),
		user("certificate", "client-certificate-data: {{cert}}, client-key-data: {{key}}"),
		user("certificate and token", "client-certificate-data: {{cert}}, client-key-data: {{key}}, token: t"),
		user("certificate and basic", "client-certificate-data: {{cert}}, client-key-data: {{key}}, username: ann, password: pw"),
		user("certificate without a key", "client-certificate-data: {{cert}}"),
		user("key without a certificate", "client-key-data: {{key}}, token: t"),
		user("key of another certificate", "client-certificate-data: {{cert}}, client-key-data: {{otherKey}}"),
		user("certificate and key changed for each other", "client-certificate-data: {{key}}, client-key-data: {{cert}}"),
		user("certificate that is no PEM", "client-certificate-data: YWJj, client-key-data: {{key}}"),
		user("certificate that is not base64", "client-certificate-data: 'a b c', client-key-data: {{key}}"),
		with(user("certificate in files", "client-certificate: pki/a.crt, client-key: pki/a.key"), "pki/a.crt", "{{certPem}}", "pki/a.key", "{{keyPem}}"),
		with(user("certificate in a file, its key inline", "client-certificate: a.crt, client-key-data: {{key}}"), "a.crt", "{{certPem}}"),
		with(user("certificate in a file and inline", "client-certificate: a.crt, client-certificate-data: {{cert}}, client-key-data: {{key}}"), "a.crt", "{{certPem}}"),
		with(user("key in a file and inline", "client-certificate-data: {{cert}}, client-key: a.key, client-key-data: {{key}}"), "a.key", "{{keyPem}}"),
		with(user("certificate and key in one file", "client-certificate: both.pem, client-key: both.pem"), "both.pem", "{{certPem}}{{keyPem}}"),
		with(user("certificate files with CRLF and a comment", "client-certificate: a.crt, client-key: a.key"), "a.crt", "made by hand\r\n{{certPem}}", "a.key", "{{keyPem}}\r\n"),
		with(user("certificate file that is empty", "client-certificate: a.crt, client-key-data: {{key}}"), "a.crt", ""),
		user("certificate file that is not there", "client-certificate: a.crt, client-key-data: {{key}}"),
		user("key file that is not there", "client-certificate-data: {{cert}}, client-key: a.key"),
		user("key file that is not there, and no certificate", "client-key: a.key, token: t"),
		with(user("certificate file that is a folder", "client-certificate: pki, client-key-data: {{key}}"), "pki/x", ""),
		with(user("token file", "tokenFile: tok"), "tok", "from-file\n"),
		with(user("token file with spaces about it", "tokenFile: tok"), "tok", " \t\r\n from-file \r\n"),
		with(user("token file that is empty", "tokenFile: tok"), "tok", " \n"),
		user("token file that is not there", "tokenFile: tok"),
		with(user("token file and token", "tokenFile: tok, token: t"), "tok", "from-file"),
		user("token file that is not there, and token", "tokenFile: tok, token: t"),
		with(user("token file that is empty, and token", "tokenFile: tok, token: t"), "tok", ""),
		with(user("token file and basic", "tokenFile: tok, username: ann, password: pw"), "tok", "from-file"),
		with(user("token file and certificate", "tokenFile: tok, client-certificate-data: {{cert}}, client-key-data: {{key}}"), "tok", "from-file"),
		with(user("token file above", "tokenFile: ../{{name}}/tok"), "tok", "from-file"),
		user("token with a line end", `token: "a\nb"`),
		user("token with a line end at its end", `token: "a\n"`),
		user("token with a space", "token: 'a b'"),
		user("token beyond ASCII", "token: 'ä'"),
		with(user("exec", "exec: {"+plugin+"}"), "plugin", script),
		with(user("exec that gives a certificate", "exec: {"+plugin+"}"), "plugin", certScript),
		with(user("exec and token", "token: t, exec: {"+plugin+"}"), "plugin", script),
		with(user("exec and basic", "username: ann, exec: {"+plugin+"}"), "plugin", script),
		with(user("exec and a password alone", "password: pw, exec: {"+plugin+"}"), "plugin", script),
		with(user("exec and certificate", "client-certificate-data: {{cert}}, client-key-data: {{key}}, exec: {"+plugin+"}"), "plugin", script),
		with(user("exec and certificate files", "client-certificate: a.crt, client-key: a.key, exec: {"+plugin+"}"), "plugin", script, "a.crt", "{{certPem}}", "a.key", "{{keyPem}}"),
		with(user("exec and a key alone", "client-key-data: {{key}}, exec: {"+plugin+"}"), "plugin", script),
		with(user("exec and token file", "tokenFile: tok, exec: {"+plugin+"}"), "plugin", script, "tok", "from-file"),
		with(user("exec and impersonation", "as: jane, exec: {"+plugin+"}"), "plugin", script),
		with(user("exec and OIDC", "exec: {"+plugin+"}, "+oidc("exec", "")), "plugin", script),
		with(user("exec of an unknown version", "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: ./plugin, interactiveMode: Never}"), "plugin", script),
		with(user("exec of an unknown version, and token", "token: t, exec: {apiVersion: x/v1, command: ./plugin, interactiveMode: Never}"), "plugin", script),
		with(user("exec without a version", "exec: {command: ./plugin, interactiveMode: Never}"), "plugin", script),
		user("exec without a command", "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}"),
		user("exec without a command, and token", "token: t, exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}"),
		with(user("exec v1 without interactiveMode", "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}"), "plugin", script),
		with(user("exec v1beta1 without interactiveMode", "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./plugin}"), "plugin", strings.ReplaceAll(script, "io/v1", "io/v1beta1")),
		with(user("exec with an unknown interactiveMode", "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: never}"), "plugin", script),
		with(user("exec that always wants a person", "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Always}"), "plugin", script),
		with(user("exec with an entry of env without a name", "exec: {"+plugin+", env: [{value: b}]}"), "plugin", script),
		with(user("exec with an entry of env that is null", "exec: {"+plugin+", env: [null]}"), "plugin", script),
		with(user("exec with null args and env", "exec: {"+plugin+", args: null, env: null}"), "plugin", script),
		with(user("exec in a folder below", "exec: {apiVersion: client.authentication.k8s.io/v1, command: bin/plugin, interactiveMode: Never}"), "bin/plugin", script),
		with(user("exec that answers in another version", "exec: {"+plugin+"}"), "plugin", strings.ReplaceAll(script, "io/v1", "io/v1beta1")),
		with(user("exec that gives nothing", "exec: {"+plugin+"}"), "plugin", "#!/bin/sh\necho '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{}}'\n"),
		with(user("exec that answers YAML", "exec: {"+plugin+"}"), "plugin", "#!/bin/sh\nprintf 'apiVersion: client.authentication.k8s.io/v1\\nkind: ExecCredential\\nstatus: {token: yaml}\\n'\n"),
		with(user("exec that gives a token and fails", "exec: {"+plugin+"}"), "plugin", script+"exit 3\n"),
		user("exec that is not there", "exec: {"+plugin+"}"),
		user("OIDC", oidc("c1", ", id-token: "+jwt(`{"exp":4102444800}`))),
		user("OIDC and certificate", "client-certificate-data: {{cert}}, client-key-data: {{key}}, "+oidc("c2", ", id-token: "+jwt(`{"exp":4102444800}`))),
		with(user("OIDC and certificate files", "client-certificate: a.crt, client-key: a.key, "+oidc("c2f", ", id-token: "+jwt(`{"exp":4102444800}`))), "a.crt", "{{certPem}}", "a.key", "{{keyPem}}"),
		user("OIDC and token", "token: t, "+oidc("c3", ", id-token: "+jwt(`{"exp":4102444800}`))),
		user("OIDC and basic", "username: ann, password: pw, "+oidc("c4", ", id-token: "+jwt(`{"exp":4102444800}`))),
		user("OIDC and impersonation", "as: jane, "+oidc("c5", ", id-token: "+jwt(`{"exp":4102444800}`))),
		user("OIDC with an expired token and no way to another", oidc("c6", ", id-token: "+jwt(`{"exp":1000}`))),
		user("OIDC with a token that is no JWT", oidc("c7", ", id-token: opaque")),
		user("OIDC without a token", oidc("c8", "")),
		user("OIDC without a client", "auth-provider: {name: oidc, config: {idp-issuer-url: 'https://127.0.0.1:1'}}"),
		user("OIDC without an issuer", "auth-provider: {name: oidc, config: {client-id: c9}}"),
		user("OIDC without an issuer, and token", "token: t, auth-provider: {name: oidc, config: {client-id: c10}}"),
		user("OIDC without a config", "auth-provider: {name: oidc}"),
		user("auth provider that nobody knows", "auth-provider: {name: nobody}"),
		user("auth provider that nobody knows, and token", "token: t, auth-provider: {name: nobody, config: {}}"),
		user("auth provider gcp", "auth-provider: {name: gcp, config: {access-token: old}}"),
		user("auth provider gcp, and token", "token: t, auth-provider: {name: gcp, config: {access-token: old}}"),
		user("impersonation", "token: t, as: jane, as-uid: '7', as-groups: [a, b], as-user-extra: {reason: [p, q], Other: [z]}"),
		user("impersonation without credentials", "as: jane"),
		user("impersonation with a certificate", "as: jane, client-certificate-data: {{cert}}, client-key-data: {{key}}"),
		user("impersonation of groups without a user", "token: t, as-groups: [a]"),
		user("impersonation of a uid without a user", "token: t, as-uid: '7'"),
		user("impersonation of extra without a user", "token: t, as-user-extra: {x: [z]}"),
		user("impersonation of no groups without a user", "token: t, as-groups: [], as-uid: '', as-user-extra: {}"),
		user("impersonation of an empty extra without a user", "token: t, as-user-extra: {x: []}"),
		user("impersonation of an empty extra", "token: t, as: jane, as-user-extra: {x: [], z: null}"),
		user("impersonation of an empty group", "token: t, as: jane, as-groups: ['']"),
		user("impersonation of a group that is null", "token: t, as: jane, as-groups: [a, null]"),
		user("impersonation of an extra value that is null", "token: t, as: jane, as-user-extra: {x: [null]}"),
		user("impersonation beyond ASCII", "token: t, as: 'jürgen 日本', as-groups: ['größe'], as-user-extra: {x: ['ä']}"),
		user("impersonation with a line end", `token: t, as: "jane\nImpersonate-Group: admins"`),
		user("impersonation of a group with a line end", `token: t, as: jane, as-groups: ["a\r\nb"]`),
		user("impersonation with spaces about it", "token: t, as: ' jane '"),
		user("impersonation of names that no header can have", `token: t, as: jane, as-user-extra: {"a/b.io%x y(z)": [v], "ü": [w], "A_b~!#$&'*+^|": [q]}`),
		user("impersonation of an extra without a name", "token: t, as: jane, as-user-extra: {'': [v]}"),
		user("impersonation of extra with a number for a name", "token: t, as: jane, as-user-extra: {7: [v], yes: [w]}"),
		user("impersonation of two extras that differ by case", "token: t, as: jane, as-user-extra: {abc: [v], ABC: [w]}"),
		user("impersonation of service account", "token: t, as: 'system:serviceaccount:a:b'"),
	}
	return all
}

func plainHTTP() []Case {
	at := func(name, fields string) Case {
		return one("http: "+name, "current-context: dev\ncontexts: [{name: dev, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: '{{plain}}'}}]\nusers: [{name: u, user: {"+fields+"}}]\n")
	}
	return []Case{
		at("no credentials", ""), at("token", "token: t"), at("basic", "username: ann, password: pw"), at("impersonation", "token: t, as: jane, as-groups: [a]"),
		at("certificate", "client-certificate-data: {{cert}}, client-key-data: {{key}}"),
		with(at("token file", "tokenFile: tok"), "tok", "from-file"), at("token file that is not there", "tokenFile: tok"),
		with(at("exec", "exec: {"+plugin+"}"), "plugin", script), at("OIDC", oidc("p1", ", id-token: "+jwt(`{"exp":4102444800}`))),
		at("token and basic", "token: t, username: ann"), at("certificate without a key", "client-certificate-data: {{cert}}"),
		at("impersonation of groups without a user", "token: t, as-groups: [a]"),
		one("http: a certificate authority", "current-context: dev\ncontexts: [{name: dev, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: '{{plain}}', certificate-authority-data: {{ca}}}}]\nusers: [{name: u, user: {token: t}}]\n"),
		one("http: insecure and a certificate authority", "current-context: dev\ncontexts: [{name: dev, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: '{{plain}}', insecure-skip-tls-verify: true, certificate-authority-data: {{ca}}}}]\nusers: [{name: u, user: {token: t}}]\n"),
		one("http: no scheme", "current-context: dev\ncontexts: [{name: dev, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: '{{plainHost}}'}}]\nusers: [{name: u, user: {token: t}}]\n"),
	}
}

func lone(cluster string) string {
	return "current-context: dev\ncontexts: [{name: dev, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {" + cluster + "}}]\nusers: [{name: u, user: {token: t}}]\n"
}

func clusters() []Case {
	return []Case{
		with(one("cluster: authority in a file", lone("server: '{{tls}}', certificate-authority: pki/ca.crt")), "pki/ca.crt", "{{caPem}}"),
		with(one("cluster: authority in a file and inline", lone("server: '{{tls}}', certificate-authority: ca.crt, certificate-authority-data: {{ca}}")), "ca.crt", "{{caPem}}"),
		with(one("cluster: authority file that is empty", lone("server: '{{tls}}', certificate-authority: ca.crt")), "ca.crt", ""),
		with(one("cluster: authority file that is no PEM", lone("server: '{{tls}}', certificate-authority: ca.crt")), "ca.crt", "abc"),
		with(one("cluster: authority file with two and text between", lone("server: '{{tls}}', certificate-authority: ca.crt")), "ca.crt", "# one\n{{otherCaPem}}\n# two\n{{caPem}}"),
		with(one("cluster: authority file with a broken one first", lone("server: '{{tls}}', certificate-authority: ca.crt")), "ca.crt", "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n{{caPem}}"),
		one("cluster: authority file that is not there", lone("server: '{{tls}}', certificate-authority: ca.crt")),
		one("cluster: another authority", lone("server: '{{tls}}', certificate-authority-data: {{otherCa}}")),
		one("cluster: no authority", lone("server: '{{tls}}'")),
		one("cluster: authority that is no PEM", lone("server: '{{tls}}', certificate-authority-data: YWJj")),
		one("cluster: authority that is not base64", lone("server: '{{tls}}', certificate-authority-data: '###'")),
		one("cluster: authority in base64 without padding", lone("server: '{{tls}}', certificate-authority-data: YQ")),
		one("cluster: insecure", lone("server: '{{tls}}', insecure-skip-tls-verify: true")),
		one("cluster: insecure as YAML 1.1 says it", lone("server: '{{tls}}', insecure-skip-tls-verify: on")),
		one("cluster: insecure in quotes", lone("server: '{{tls}}', insecure-skip-tls-verify: 'true'")),
		one("cluster: insecure and an authority", lone("server: '{{tls}}', insecure-skip-tls-verify: true, certificate-authority-data: {{ca}}")),
		one("cluster: server name", lone("server: '{{tls}}', certificate-authority-data: {{ca}}, tls-server-name: localhost")),
		one("cluster: server name that is not the certificate's", lone("server: '{{tls}}', certificate-authority-data: {{ca}}, tls-server-name: kube.test")),
		one("cluster: insecure with a server name", lone("server: '{{tls}}', insecure-skip-tls-verify: true, tls-server-name: kube.test")),
		one("cluster: by name", lone("server: 'https://localhost:{{port}}', certificate-authority-data: {{ca}}")),
		one("cluster: with a path", lone("server: '{{tls}}/k8s/clusters/a', certificate-authority-data: {{ca}}")),
		one("cluster: with a path and a slash at its end", lone("server: '{{tls}}/k8s/', certificate-authority-data: {{ca}}")),
		one("cluster: with a slash", lone("server: '{{tls}}/', certificate-authority-data: {{ca}}")),
		one("cluster: with a query", lone("server: '{{tls}}/a?b=c', certificate-authority-data: {{ca}}")),
		one("cluster: with a user", lone("server: 'https://ann:pw@127.0.0.1:{{port}}', certificate-authority-data: {{ca}}")),
		one("cluster: scheme in capitals", lone("server: 'HTTPS://127.0.0.1:{{port}}', certificate-authority-data: {{ca}}")),
		one("cluster: no scheme", lone("server: '127.0.0.1:{{port}}', certificate-authority-data: {{ca}}")),
		one("cluster: another scheme", lone("server: 'ftp://127.0.0.1:{{port}}', certificate-authority-data: {{ca}}")),
		one("cluster: spaces about the server", lone("server: ' {{tls}} ', certificate-authority-data: {{ca}}")),
		one("cluster: one slash", lone("server: 'https:/127.0.0.1:{{port}}', certificate-authority-data: {{ca}}")),
		one("cluster: backslashes", lone(`server: 'https:\\127.0.0.1:{{port}}', certificate-authority-data: {{ca}}`)),
		one("cluster: a tab in the server", lone(`server: "https://127.0.0.1:\t{{port}}", certificate-authority-data: {{ca}}`)),
		one("cluster: no server", lone("certificate-authority-data: {{ca}}")),
		one("cluster: server is empty", lone("server: '', certificate-authority-data: {{ca}}")),
		one("cluster: proxy of an unknown scheme", lone("server: '{{tls}}', certificate-authority-data: {{ca}}, proxy-url: 'ftp://p:1'")),
		one("cluster: proxy without a scheme", lone("server: '{{tls}}', certificate-authority-data: {{ca}}, proxy-url: 'p:1'")),
		one("cluster: proxy that is no URL", lone("server: '{{tls}}', certificate-authority-data: {{ca}}, proxy-url: 'http://a b'")),
		one("cluster: unknown field", lone("server: '{{tls}}', certificate-authority-data: {{ca}}, no-such-field: [1]")),
		one("cluster: field in another case", lone("server: '{{tls}}', certificate-authority-data: {{ca}}, Server: 'https://other', SERVER: 7")),
		one("cluster: field twice", lone("server: 'https://127.0.0.1:1', server: '{{tls}}', certificate-authority-data: {{ca}}")),
		one("cluster: two extensions of one name", lone("server: '{{tls}}', certificate-authority-data: {{ca}}, extensions: [{name: x}, {name: x}]")),
		one("cluster: extension without a value", lone("server: '{{tls}}', certificate-authority-data: {{ca}}, extensions: [{name: x}]")),
		one("cluster: extension that is an object of another kind", lone("server: '{{tls}}', certificate-authority-data: {{ca}}, extensions: [{name: x, extension: {apiVersion: a/v1, kind: B, c: 1}}]")),
	}
}

const jsonText = `{"apiVersion":"v1","kind":"Config","current-context":"dev","contexts":[{"name":"dev","context":{"cluster":"c","user":"u"}}],"clusters":[{"name":"c","cluster":{"server":"{{tls}}","certificate-authority-data":"{{ca}}"}}],"users":[{"name":"u","user":{"token":"t"}}]}`

func texts() []Case {
	good := of("token: t", "", "")
	unused := func(list, entry string) string { return strings.Replace(good, list+":\n", list+":\n- "+entry+"\n", 1) }
	encoded := func(name, encoding, text string) Case {
		return Case{Name: name, Files: map[string]string{"config": text}, Encoding: encoding}
	}
	explicit := map[string]string{"EXPLICIT": "1"}
	return []Case{
		one("text: good", good),
		one("text: leading document mark", "---\n"+good),
		one("text: trailing document mark", good+"---\n"),
		one("text: trailing document mark and a comment", good+"---\n# end\n"),
		one("text: end mark", good+"...\n"),
		one("text: end mark and more", good+"...\n---\nx: 1\n"),
		one("text: second document", good+"---\ncurrent-context: other\n"),
		one("text: second document that is broken", good+"---\na: [\n"),
		one("text: second document that is a text", good+"---\nabc\n"),
		one("text: empty first document", "---\n---\n"+good),
		one("text: first document is a comment", "# nothing\n---\n"+good),
		one("text: directive", "%YAML 1.2\n---\n"+good),
		one("text: directive of YAML 1.1", "%YAML 1.1\n---\n"+good),
		one("text: unknown directive", "%FOO bar\n---\n"+good),
		one("text: CRLF", strings.ReplaceAll(good, "\n", "\r\n")),
		one("text: CR", strings.ReplaceAll(good, "\n", "\r")),
		one("text: no line end at the end", strings.TrimSuffix(good, "\n")),
		one("text: BOM", "\ufeff"+good),
		one("text: BOM in the middle", strings.Replace(good, "clusters:", "\ufeffclusters:", 1)),
		one("text: tabs for indentation", strings.Replace(good, "\n  user:", "\n\tuser:", 1)),
		one("text: tab before a comment", strings.Replace(good, "kind: Config", "kind: Config\t# a comment", 1)),
		one("text: NUL", good+"\x00"),
		one("text: control character", strings.Replace(good, "kind: Config", "kind: Config # \x07", 1)),
		one("text: control character in a token", strings.Replace(good, "token: t", "token: 't\x01'", 1)),
		one("text: line separator", strings.Replace(good, "kind: Config", "kind: Config\u2028", 1)),
		one("text: invalid UTF-8 in a comment", "# {{ff}}\n"+good),
		one("text: invalid UTF-8 in a value", strings.Replace(good, "token: t", "token: 'a{{ff}}'", 1)),
		one("text: cut UTF-8 at the end", good+"# {{c3}}"),
		one("text: a surrogate in UTF-8", good+"# {{surrogate}}"),
		encoded("text: UTF-16, little", "utf-16le", good),
		encoded("text: UTF-16, big", "utf-16be", good),
		encoded("text: UTF-16 without a mark", "utf-16le without a mark", good),
		one("text: JSON", jsonText),
		one("text: JSON with an escaped slash", `{"current-context":"dev","contexts":[{"name":"dev","context":{"cluster":"c","user":"u"}}],"clusters":[{"name":"c","cluster":{"server":"{{tls}}\/","certificate-authority-data":"{{ca}}"}}],"users":[{"name":"u","user":{"token":"a\/b"}}]}`),
		one("text: JSON with something after it", strings.TrimSuffix(jsonText, "}")+"} x"),
		one("text: JSON with tabs", strings.ReplaceAll(jsonText, ",", ",\n\t")),
		{Name: "text: empty", Files: map[string]string{"config": ""}, Env: explicit},
		{Name: "text: a comment", Files: map[string]string{"config": "# nothing\n"}, Env: explicit},
		{Name: "text: line ends", Files: map[string]string{"config": "\n\n"}, Env: explicit},
		{Name: "text: a document mark", Files: map[string]string{"config": "---\n"}, Env: explicit},
		one("text: a word", "hello\n"),
		one("text: broken", "a: [\n"),
		one("text: broken with a secret", "users: [{token: s3cret\n"),
		one("text: anchors", strings.Replace(good, "{token: t}", "&u {token: t}\n- name: v\n  user: *u", 1)),
		one("text: merge keys", "x: &x {token: t}\n"+strings.Replace(good, "{token: t}", "{<<: *x}", 1)),
		one("text: merge keys that are overridden", "x: &x {token: other, as: jane}\n"+strings.Replace(good, "{token: t}", "{<<: *x, token: t}", 1)),
		one("text: merge key after the key", "x: &x {token: other}\n"+strings.Replace(good, "{token: t}", "{token: t, <<: *x}", 1)),
		one("text: merge keys of a list", "x: &x {token: t}\ny: &y {token: other, as: jane}\n"+strings.Replace(good, "{token: t}", "{<<: [*x, *y]}", 1)),
		one("text: merge key of a text", strings.Replace(good, "{token: t}", "{<<: abc, token: t}", 1)),
		one("text: merge key in quotes", "x: &x {token: other}\n"+strings.Replace(good, "{token: t}", "{'<<': *x, token: t}", 1)),
		one("text: alias that is not there", strings.Replace(good, "{token: t}", "*nobody", 1)),
		one("text: alias of itself", "x: &x [*x]\n"+good),
		one("text: anchor that is set again", "x: &x {token: other}\ny: &x {token: t}\n"+strings.Replace(good, "{token: t}", "*x", 1)),
		one("text: aliases of aliases", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n"+good),
		one("text: tag !!str on a number", strings.Replace(good, "token: t", "token: !!str 1000", 1)),
		one("text: tag !!int on a text", strings.Replace(good, "token: t", "token: !!int abc", 1)),
		one("text: tag !!binary", strings.Replace(good, "token: t", "token: !!binary YWJj", 1)),
		one("text: tag of one's own", strings.Replace(good, "token: t", "token: !mine abc", 1)),
		one("text: tag of one's own on a map", strings.Replace(good, "{token: t}", "!mine {token: t}", 1)),
		one("text: block text", strings.Replace(good, "{token: t}", "\n    token: |-\n      abc", 1)),
		one("text: folded text", strings.Replace(good, "{token: t}", "\n    token: >-\n      abc\n      def", 1)),
		one("text: block text with a line end", strings.Replace(good, "{token: t}", "\n    token: |\n      abc", 1)),
		one("text: text over two lines", strings.Replace(good, "{token: t}", "\n    token: abc\n      def", 1)),
		one("text: a key twice", good+"current-context: dev\n"),
		one("text: a key twice, the second wins", strings.Replace(good, "current-context: dev", "current-context: other\ncurrent-context: dev", 1)),
		one("text: users twice", good+"users: []\n"),
		one("text: a key in quotes", strings.Replace(good, "users:", "'users':", 1)),
		one("text: a complex key", "? [a, b]\n: c\n"+good),
		one("text: a null key", "~: c\n"+good),
		one("text: unknown field", good+"no-such-field: {a: [1]}\n"),
		one("text: unknown fields everywhere", of("token: t, x: 1", "y: [2]", "z: {a: 1}")),
		one("text: fields in another case", of("token: t, Token: other, TOKEN: 7", "", "Namespace: other")),
		one("text: __proto__", of("token: t, __proto__: {as: jane}", "", "")+"__proto__: {current-context: other}\n"),
		one("text: a user called __proto__", strings.ReplaceAll(strings.ReplaceAll(good, "user: u", "user: __proto__"), "- name: u", "- name: __proto__")),
		one("text: a user called constructor, that is not there", strings.ReplaceAll(good, "user: u", "user: constructor")),
		one("text: apiVersion v2", strings.Replace(good, "apiVersion: v1", "apiVersion: v2", 1)),
		one("text: apiVersion of a group", strings.Replace(good, "apiVersion: v1", "apiVersion: a/b/c", 1)),
		one("text: kind List", strings.Replace(good, "kind: Config", "kind: List", 1)),
		one("text: kind in another case", strings.Replace(good, "kind: Config", "kind: config", 1)),
		one("text: no apiVersion and kind", strings.Replace(good, "apiVersion: v1\nkind: Config\n", "", 1)),
		one("text: tokens that look like other things", of("token: 1e3", "", "")),
		one("text: a token of digits and a letter", of("token: 12ab", "", "")),
		one("text: a token that is a word of YAML 1.1", of("token: off", "", "")),
		one("text: a token y", of("token: y", "", "")),
		one("text: a token N", of("token: N", "", "")),
		one("text: a token with underscores", of("token: 1_000", "", "")),
		one("text: a token in base 60", of("token: '1:30', as: 12:30:45", "", "")),
		one("text: a token in octal of YAML 1.2", of("token: 0o17", "", "")),
		one("text: a token in binary", of("token: 0b11", "", "")),
		one("text: a token in hexadecimal with a sign", of("token: -0x1F", "", "")),
		one("text: a token of 30 digits", of("token: 123456789012345678901234567890", "", "")),
		one("text: a token of 30 digits and a leading zero", of("token: 023456789012345678901234567890", "", "")),
		one("text: a token 089", of("token: 089", "", "")),
		one("text: a token +1", of("token: +1", "", "")),
		one("text: a token that is no number", of("token: .nan", "", "")),
		one("text: a token .5", of("token: .5", "", "")),
		one("text: a token 1.", of("token: 1.", "", "")),
		one("text: a token 1e400", of("token: 1e400", "", "")),
		one("text: a token .", of("token: .", "", "")),
		one("text: a token -", of("token: '-'", "", "")),
		one("text: a token ~", of("token: ~", "", "")),
		one("text: a token Null", of("token: Null", "", "")),
		one("text: a token nULL", of("token: nULL", "", "")),
		one("text: a token tRUE", of("token: tRUE", "", "")),
		one("text: a token =", of("token: =", "", "")),
		one("text: a token with a time", of("token: 2001-12-14t21:59:43.10-05:00", "", "")),
		one("text: a token with a hash", of("token: a#b", "", "")),
		one("text: a token with a colon", of("token: a:b", "", "")),
		one("text: a namespace of a date", of("token: t", "", "namespace: 2020-01-01")),
		one("text: a namespace that is no label", of("token: t", "", "namespace: 'A b'")),
		one("text: a namespace in quotes", of("token: t", "", "namespace: '123'")),
		one("text: a namespace with spaces", of("token: t", "", "namespace: ' a '")),
		one("entry: without a name, unused, of users", unused("users", "{user: {token: x}}")),
		one("entry: without a name, unused, of clusters", unused("clusters", "{cluster: {server: 'https://x'}}")),
		one("entry: without a name, unused, of contexts", unused("contexts", "{context: {cluster: x}}")),
		one("entry: empty", unused("users", "{}")),
		one("entry: null", unused("users", "null")),
		one("entry: two without a name", unused("users", "{}\n- {}")),
		one("entry: one name twice, used", unused("users", "{name: u, user: {token: x}}")),
		one("entry: one name twice, unused", unused("users", "{name: x}\n- {name: x}")),
		one("entry: one cluster twice, unused", unused("clusters", "{name: x}\n- {name: x}")),
		one("entry: one context twice, unused", unused("contexts", "{name: x}\n- {name: x}")),
		one("entry: without a user", strings.Replace(good, "  user: {token: t}\n", "", 1)),
		one("entry: without a cluster", strings.Replace(good, "  cluster: {server: '{{tls}}', certificate-authority-data: {{ca}}}\n", "", 1)),
		one("entry: unused user with a wrong field", unused("users", "{name: x, user: {token: 7}}")),
		one("entry: unused user with a broken exec", unused("users", "{name: x, user: {exec: {}}}")),
		one("entry: unused user with a file that is not there", unused("users", "{name: x, user: {client-certificate: nowhere}}")),
		one("entry: unused cluster with a wrong authority", unused("clusters", "{name: x, cluster: {certificate-authority-data: '###'}}")),
		one("entry: name with spaces and slashes", strings.ReplaceAll(strings.ReplaceAll(good, "user: u", "user: 'a/b c@d'"), "- name: u", "- name: 'a/b c@d'")),
		one("context: no current one", strings.Replace(good, "current-context: dev\n", "", 1)),
		one("context: current one is empty", strings.Replace(good, "current-context: dev\n", "current-context: ''\n", 1)),
		one("context: current one is not there", strings.Replace(good, "current-context: dev\n", "current-context: nobody\n", 1)),
		one("context: without a name, and no current one", "contexts: [{context: {cluster: c, user: u, namespace: team}}]\nclusters: [{name: c, cluster: {server: '{{tls}}', certificate-authority-data: {{ca}}}}]\nusers: [{name: u, user: {token: t}}]\n"),
		one("context: nothing has a name", "contexts: [{context: {}}]\nclusters: [{cluster: {server: '{{tls}}', certificate-authority-data: {{ca}}}}]\nusers: [{user: {token: t}}]\n"),
		one("context: no contexts, and nothing has a name", "clusters: [{cluster: {server: '{{tls}}', certificate-authority-data: {{ca}}}}]\nusers: [{user: {token: t}}]\n"),
		one("context: names no user", strings.Replace(good, ", user: u}", "}", 1)),
		one("context: names no cluster", strings.Replace(good, "{cluster: c, ", "{", 1)),
		one("context: names a user that is not there", strings.Replace(good, ", user: u}", ", user: v}", 1)),
		one("context: names a cluster that is not there", strings.Replace(good, "{cluster: c, ", "{cluster: d, ", 1)),
		{Name: "context: chosen", Files: map[string]string{"config": strings.Replace(good, "contexts:\n", "contexts:\n- name: other\n  context: {cluster: c, user: u, namespace: chosen}\n", 1)}, Context: "other"},
		{Name: "context: chosen, and is not there", Files: map[string]string{"config": good}, Context: "other"},
	}
}

func merged() []Case {
	good := of("token: t", "", "")
	two := func(name, a, b string, more ...string) Case {
		return with(Case{Name: "merge: " + name, Files: map[string]string{"a": a, "b": b}, Kubeconfig: []string{"a", "b"}}, more...)
	}
	return []Case{
		two("an empty file first", "", good),
		two("an empty file last", good, ""),
		two("a comment first", "# nothing\n", good),
		two("a document mark first", "---\n", good),
		two("a broken file that is not needed", good, "a: [\n"),
		two("a wrong field that is not needed", good, "users: [{name: x, user: {token: 7}}]\n"),
		two("a word", good, "hello\n"),
		two("the same name in both", of("token: first", "", ""), of("token: second, as: jane", "", "namespace: second")),
		two("the current context of the second", strings.Replace(good, "current-context: dev\n", "", 1), "current-context: dev\n"),
		two("the current context of the first", "current-context: dev\n", strings.Replace(good, "current-context: dev", "current-context: other", 1)),
		two("an empty current context first", "current-context: ''\n", good),
		two("the same name without a name", "users: [{user: {token: x}}]\n", strings.Replace(good, "users:\n", "users:\n- {}\n", 1)),
		two("user of one, cluster of another", "users: [{name: u, user: {token: first}}]\n", good),
		two("null user first", "users: [{name: u}]\n", good),
		{Name: "merge: relative paths start from their file", Kubeconfig: []string{"one/a", "two/b"}, Files: map[string]string{
			"one/a": "current-context: dev\nusers: [{name: u, user: {tokenFile: tok}}]\n", "one/tok": "one", "two/tok": "two", "tok": "none",
			"two/b": "contexts: [{name: dev, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: '{{tls}}', certificate-authority: ca.crt}}]\n", "two/ca.crt": "{{caPem}}"}},
		{Name: "merge: certificate files start from their file", Kubeconfig: []string{"one/a", "two/b"}, Files: map[string]string{
			"one/a": good, "two/b": "users: [{name: u, user: {}}]\n"}},
		{Name: "merge: an exec plugin starts from its file", Kubeconfig: []string{"one/a", "two/b"}, Files: map[string]string{
			"one/a": "current-context: dev\n", "two/b": of("exec: {"+plugin+"}", "", ""), "two/plugin": script, "plugin": "#!/bin/sh\nexit 1\n"}},
		{Name: "merge: one that is not there", Kubeconfig: []string{"nowhere", "a"}, Files: map[string]string{"a": good}},
		{Name: "merge: none that is there", Kubeconfig: []string{"nowhere", "nobody"}, Files: map[string]string{}},
		{Name: "merge: one file twice", Kubeconfig: []string{"a", "a"}, Files: map[string]string{"a": good}},
		{Name: "merge: an empty part", Kubeconfig: []string{"", "a", ""}, Files: map[string]string{"a": good}},
		{Name: "merge: empty parts alone", Kubeconfig: []string{"", ""}, Files: map[string]string{".kube/config": good}},
		{Name: "merge: a folder", Kubeconfig: []string{"a", "b"}, Files: map[string]string{"a": good, "b/x": ""}},
		{Name: "home: the file of the home folder", Files: map[string]string{".kube/config": good}},
		{Name: "home: no file", Files: map[string]string{}},
		{Name: "home: an empty KUBECONFIG", Files: map[string]string{".kube/config": good}, Env: map[string]string{"KUBECONFIG": ""}},
		{Name: "home: a token file beside it", Files: map[string]string{".kube/config": of("tokenFile: tok", "", ""), ".kube/tok": "beside"}},
	}
}

func pods() []Case {
	env := map[string]string{"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "{{port}}"}
	pod := func(name string, files ...string) Case {
		c := Case{Name: "pod: " + name, Pod: map[string]string{}, Env: map[string]string{}, Files: map[string]string{}}
		for key, value := range env {
			c.Env[key] = value
		}
		for i := 0; i+1 < len(files); i += 2 {
			c.Pod[files[i]] = files[i+1]
		}
		return c
	}
	set := func(c Case, name, value string) Case {
		if value == "-" {
			delete(c.Env, name)
		} else {
			c.Env[name] = value
		}
		return c
	}
	whole := []string{"token", "tok", "ca.crt", "{{caPem}}", "namespace", "team"}
	return []Case{
		pod("whole", whole...),
		pod("line ends", "token", "tok\n", "ca.crt", "{{caPem}}\n", "namespace", " team \n"),
		pod("no namespace", "token", "tok", "ca.crt", "{{caPem}}"),
		pod("an empty namespace", "token", "tok", "ca.crt", "{{caPem}}", "namespace", "\n"),
		pod("a token alone", "token", "tok"),
		pod("an authority that is no PEM", "token", "tok", "ca.crt", "abc"),
		pod("an empty authority", "token", "tok", "ca.crt", ""),
		pod("an empty token", "token", "", "ca.crt", "{{caPem}}"),
		pod("no token", "ca.crt", "{{caPem}}", "namespace", "team"),
		set(pod("POD_NAMESPACE", whole...), "POD_NAMESPACE", "of-env"),
		set(pod("no port", whole...), "KUBERNETES_SERVICE_PORT", "-"),
		set(pod("no host", whole...), "KUBERNETES_SERVICE_HOST", "-"),
		set(pod("by name", whole...), "KUBERNETES_SERVICE_HOST", "localhost"),
	}
}

func cases() []Case {
	all := []Case{}
	for _, some := range [][]Case{credentials(), plainHTTP(), clusters(), texts(), merged(), pods(), wrongTypes()} {
		all = append(all, some...)
	}
	for i := range all {
		for name, text := range all[i].Files {
			all[i].Files[name] = strings.ReplaceAll(text, "../{{name}}/", "./x/../")
		}
	}
	return all
}
