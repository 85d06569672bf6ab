// Kubeconfig asks client-go what it makes of kubeconfigs and of a pod's folder: refused, or the request as it reaches a server on loopback. It prints the
// cases and the answers as JSON. The cases of a pod need the right to make /var/run/secrets/kubernetes.io, which is removed at the end.
package main

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"
	"unicode/utf16"

	"k8s.io/client-go/discovery"
	_ "k8s.io/client-go/plugin/pkg/client/auth"
	"k8s.io/client-go/tools/clientcmd"
)

// Request is one request as the server saw it.
type Request struct {
	Path          string   `json:"path"`
	TLS           bool     `json:"tls"`
	Authorization string   `json:"authorization"`
	SNI           string   `json:"sni"`
	Certificate   string   `json:"certificate"`
	Impersonate   []string `json:"impersonate"`
}

// Answer is what client-go did with a case.
type Answer struct {
	// Config: no client was made. Request: the request failed before it reached the server.
	Refused   string    `json:"refused,omitempty"`
	Error     string    `json:"error,omitempty"`
	Namespace string    `json:"namespace,omitempty"`
	Requests  []Request `json:"requests,omitempty"`
	PluginRan bool      `json:"pluginRan,omitempty"`
}

// Case is what a user has: files in a folder of its own, and the environment. Texts in braces are replaced by the runner.
type Case struct {
	Name       string            `json:"name"`
	Files      map[string]string `json:"files,omitempty"`
	Encoding   string            `json:"encoding,omitempty"`
	Kubeconfig []string          `json:"kubeconfig,omitempty"`
	Context    string            `json:"context,omitempty"`
	Env        map[string]string `json:"env,omitempty"`
	Pod        map[string]string `json:"pod,omitempty"`
	Answer     Answer            `json:"answer"`
}

const podFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

var (
	mu       sync.Mutex
	requests []Request
)

func record(_ http.ResponseWriter, r *http.Request) {
	seen := Request{Path: r.URL.Path, TLS: r.TLS != nil, Authorization: r.Header.Get("Authorization"), Impersonate: []string{}}
	if r.TLS != nil {
		seen.SNI = r.TLS.ServerName
		if len(r.TLS.PeerCertificates) > 0 {
			seen.Certificate = r.TLS.PeerCertificates[0].Subject.CommonName
		}
	}
	for name, values := range r.Header {
		if strings.HasPrefix(name, "Impersonate-") {
			for _, value := range values {
				seen.Impersonate = append(seen.Impersonate, strings.ToLower(name)+": "+value)
			}
		}
	}
	sort.Strings(seen.Impersonate)
	mu.Lock()
	requests = append(requests, seen)
	mu.Unlock()
}

func serve(w http.ResponseWriter, r *http.Request) {
	record(w, r)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"major":"1","minor":"36","gitVersion":"v1.36.0"}`))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	data := filepath.Join("..", "..", "..", "..", "packages", "client", "testdata")
	read := func(name string) string { return string(must(os.ReadFile(filepath.Join(data, name)))) }
	plain := httptest.NewServer(http.HandlerFunc(serve))
	secure := httptest.NewUnstartedServer(http.HandlerFunc(serve))
	secure.TLS = &tls.Config{
		Certificates: []tls.Certificate{must(tls.LoadX509KeyPair(filepath.Join(data, "server.crt"), filepath.Join(data, "server.key")))},
		ClientAuth:   tls.RequestClientCert,
		NextProtos:   []string{"http/1.1"},
	}
	secure.Config.ErrorLog = nil
	secure.StartTLS()
	_, port, _ := net.SplitHostPort(secure.Listener.Addr().String())
	base := must(os.MkdirTemp("", "kubeconfig"))
	defer os.RemoveAll(base)
	encode := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	fixed := map[string]string{
		"{{tls}}": secure.URL, "{{plain}}": plain.URL, "{{port}}": port,
		"{{plainHost}}": strings.TrimPrefix(plain.URL, "http://"),
		"{{ca}}":        encode(read("ca.crt")), "{{otherCa}}": encode(read("other-ca.crt")),
		"{{cert}}": encode(read("client.crt")), "{{key}}": encode(read("client.key")),
		"{{otherCert}}": encode(read("other-client.crt")), "{{otherKey}}": encode(read("other-client.key")),
		"{{caPem}}": read("ca.crt"), "{{otherCaPem}}": read("other-ca.crt"), "{{certPem}}": read("client.crt"), "{{keyPem}}": read("client.key"),
		"{{otherCertPem}}": read("other-client.crt"), "{{otherKeyPem}}": read("other-client.key"),
		"{{certJson}}": string(must(json.Marshal(read("other-client.crt")))), "{{keyJson}}": string(must(json.Marshal(read("other-client.key")))),
	}
	answered := []Case{}
	for i, c := range cases() {
		dir := filepath.Join(base, fmt.Sprint(i))
		check(os.MkdirAll(dir, 0o755))
		fill := func(text string) string {
			for from, to := range fixed {
				text = strings.ReplaceAll(text, from, to)
			}
			return strings.ReplaceAll(text, "{{dir}}", dir)
		}
		c.Answer = ask(c, dir, fill)
		for _, place := range [][2]string{{dir, "{{dir}}"}, {secure.URL, "{{tls}}"}, {plain.URL, "{{plain}}"}, {port, "{{port}}"}} {
			c.Answer.Error = strings.ReplaceAll(c.Answer.Error, place[0], place[1])
		}
		if len(c.Answer.Error) > 200 {
			c.Answer.Error = c.Answer.Error[:200]
		}
		answered = append(answered, c)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	check(out.Encode(answered))
}

// What Go's texts and JSON cannot hold stands in braces.
var bytesOf = strings.NewReplacer("{{ff}}", "\xff", "{{c3}}", "\xc3", "{{surrogate}}", "\xed\xa0\x80")

func encoded(text, encoding string) []byte {
	if encoding == "" {
		return []byte(bytesOf.Replace(text))
	}
	bytes := []byte{}
	if !strings.HasSuffix(encoding, "mark") {
		text = "\ufeff" + text
	}
	for _, unit := range utf16.Encode([]rune(text)) {
		if strings.HasPrefix(encoding, "utf-16be") {
			bytes = append(bytes, byte(unit>>8), byte(unit))
		} else {
			bytes = append(bytes, byte(unit), byte(unit>>8))
		}
	}
	return bytes
}

func write(dir string, files map[string]string, encoding string, fill func(string) string) {
	for name, text := range files {
		path := filepath.Join(dir, name)
		check(os.MkdirAll(filepath.Dir(path), 0o755))
		check(os.WriteFile(path, encoded(fill(text), encoding), 0o755))
	}
}

func ask(c Case, dir string, fill func(string) string) Answer {
	write(dir, c.Files, c.Encoding, fill)
	for _, name := range []string{"KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "POD_NAMESPACE", "HTTPS_PROXY", "HTTP_PROXY"} {
		os.Unsetenv(name)
	}
	os.Setenv("HOME", dir)
	// Read from HOME when the process starts.
	clientcmd.RecommendedHomeFile = filepath.Join(dir, ".kube", "config")
	for name, value := range c.Env {
		os.Setenv(name, fill(value))
	}
	if c.Pod != nil {
		if _, err := os.Stat("/var/run/secrets/kubernetes.io"); err == nil {
			panic("/var/run/secrets/kubernetes.io is there already; record elsewhere")
		}
		check(os.MkdirAll(podFolder, 0o755))
		defer os.RemoveAll("/var/run/secrets/kubernetes.io")
		write(podFolder, c.Pod, "", fill)
	}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.WarnIfAllMissing = false
	if c.Kubeconfig != nil {
		paths := []string{}
		for _, name := range c.Kubeconfig {
			if name != "" && !filepath.IsAbs(name) {
				name = filepath.Join(dir, name)
			}
			paths = append(paths, name)
		}
		os.Setenv("KUBECONFIG", strings.Join(paths, string(filepath.ListSeparator)))
		rules = clientcmd.NewDefaultClientConfigLoadingRules()
		rules.WarnIfAllMissing = false
	} else if c.Pod == nil && c.Files["config"] != "" || c.Env["EXPLICIT"] != "" {
		rules.ExplicitPath = filepath.Join(dir, "config")
	}
	mu.Lock()
	requests = nil
	mu.Unlock()
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: c.Context})
	config, err := loader.ClientConfig()
	if err != nil {
		return Answer{Refused: "config", Error: err.Error()}
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return Answer{Refused: "config", Error: err.Error()}
	}
	config.Timeout = 5 * time.Second
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return Answer{Refused: "config", Error: err.Error()}
	}
	_, err = client.ServerVersion()
	mu.Lock()
	defer mu.Unlock()
	_, ran := os.Stat(filepath.Join(dir, "ran"))
	if err != nil && len(requests) == 0 {
		return Answer{Refused: "request", Error: err.Error(), PluginRan: ran == nil}
	}
	return Answer{Namespace: namespace, Requests: requests, PluginRan: ran == nil}
}
