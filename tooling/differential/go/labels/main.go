// Asks k8s.io/apimachinery what it makes of label selectors, valid and broken, and which sets of labels they match.
package main

import (
	"encoding/json"
	"math/rand"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
)

type answer struct {
	Selector string `json:"selector"`
	// The canonical text; absent where the selector is refused.
	Text *string `json:"text,omitempty"`
	// By set of labels: 1 where it matches.
	Matches string `json:"matches,omitempty"`
	Error   string `json:"error,omitempty"`
}

type answers struct {
	Sets      []map[string]string `json:"sets"`
	Selectors []answer            `json:"selectors"`
}

var sets = []map[string]string{
	{},
	{"a": "5"},
	{"a": "-5"},
	{"a": "+5"},
	{"a": "007"},
	{"a": ""},
	{"a": "x", "b": "y"},
	{"a": "9223372036854775807"},
	{"a": "9223372036854775808"},
	{"a": "-9223372036854775808"},
	{"a": "-9223372036854775809"},
	{"a": "99999999999999999999999999"},
	{"a": "1e3", "b": "5"},
	{"a": "0x10"},
	{"a": "1_000"},
	{"a": " 5"},
	{"a": "5\n"},
	{"a": "٥"},
	{"in": "notin", "notin": "in"},
	{"example.com/a": "x", "A.b_c": "Z"},
	{"__proto__": "x", "constructor": "y", "toString": ""},
	{"a": "-", "b": "--"},
	{"a": "in", "b": "x"},
}

var keys = []string{
	"a", "b", "in", "notin", "A.b_c", "example.com/a", "__proto__", "constructor", "x-y", "0", "toString",
	strings.Repeat("k", 63), strings.Repeat("k", 64), strings.Repeat("d", 253) + "/a", strings.Repeat("d", 254) + "/a", "a/" + strings.Repeat("k", 63),
	"/a", "a/", "a/b/c", "A.com/a", "-a", "a-", "_a", "a_", ".a", "a.", "é", "a\u00a0", "\u2003a", "\ufeffa", "a\x00", "\x00a", "'a'", "\"a\"", "a;b", "a&b", "a:b", "", "a\vb", "a\fb",
}

var values = []string{
	"x", "y", "5", "007", "", "in", "notin", "9223372036854775807", "6", "-5", "+5", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "1.5", "1e3", "0x10", "1_000",
	strings.Repeat("v", 63), strings.Repeat("v", 64), "-", "x-", "x_y.z-0", "ü", "x\u00a0", "'x'", "\"x\"", "x/y", "x\x00", "true", "٥",
}

var spaces = []string{"", "", "", "", " ", "  ", "\t", "\n", "\r\n", "\u00a0", "\v", "\f", "\u2003", "\u2028", "\ufeff", "\x00"}
var symbols = []string{"=", "==", "!=", ">", "<", "=>", "=<", "===", "!==", "!", "=!", "<>", " in ", " notin ", "in", "IN", " In ", " NotIn ", " not in "}
var pieces = []string{"a", "b", "!", "=", "==", "!=", ">", "<", "(", ")", ",", " ", "in", "notin", " in ", " notin ", "x", "5", "-5", "()", "(,)", "\x00", "\u00a0", "\t"}

func pick(r *rand.Rand, from []string) string { return from[r.Intn(len(from))] }

// The usual ones come first in each list, and are the ones that are drawn most.
func usually(r *rand.Rand, from []string, usual int) string {
	if r.Intn(16) > 0 {
		return from[r.Intn(usual)]
	}
	return pick(r, from)
}

func list(r *rand.Rand) string {
	var parts []string
	for n := r.Intn(4); n >= 0; n-- {
		parts = append(parts, usually(r, spaces, 4)+usually(r, values, 9)+usually(r, spaces, 4))
	}
	open, close := "(", ")"
	switch r.Intn(12) {
	case 0:
		open = ""
	case 1:
		close = ""
	case 2:
		parts = nil
	}
	return open + strings.Join(parts, ",") + close
}

func requirement(r *rand.Rand) string {
	key := usually(r, keys, 11)
	s := func() string { return usually(r, spaces, 8) }
	switch r.Intn(7) {
	case 0:
		return s() + key + s()
	case 1:
		return s() + "!" + s() + key + s()
	case 2:
		return s() + key + s() + pick(r, symbols) + s() + usually(r, values, 9) + s()
	case 3, 4:
		return s() + key + s() + symbols[r.Intn(5)] + s() + usually(r, values, 9) + s()
	default:
		return s() + key + " " + []string{"in", "notin"}[r.Intn(2)] + s() + list(r) + s()
	}
}

func selector(r *rand.Rand) string {
	if r.Intn(4) == 0 {
		text := ""
		for n := r.Intn(9); n > 0; n-- {
			text += pick(r, pieces)
		}
		return text
	}
	var parts []string
	for n := r.Intn(4); n >= 0; n-- {
		parts = append(parts, requirement(r))
	}
	return strings.Join(parts, ",")
}

func ask(text string) answer {
	selector, err := labels.Parse(text)
	if err != nil {
		return answer{Selector: text, Error: err.Error()}
	}
	canonical := selector.String()
	matches := make([]byte, len(sets))
	for i, set := range sets {
		matches[i] = '0'
		if selector.Matches(labels.Set(set)) {
			matches[i] = '1'
		}
	}
	return answer{Selector: text, Text: &canonical, Matches: string(matches)}
}

func main() {
	r := rand.New(rand.NewSource(20261130))
	out := answers{Sets: sets}
	seen := map[string]bool{}
	add := func(text string) {
		if !seen[text] {
			seen[text] = true
			out.Selectors = append(out.Selectors, ask(text))
		}
	}
	for _, key := range keys {
		for _, form := range []string{"", "=x", "==x", "!=x", ">5", "<5", " in (x)", " notin (x)"} {
			add(key + form)
		}
	}
	for _, value := range values {
		for _, form := range []string{"a=", "a==", "a!=", "a>", "a<"} {
			add(form + value)
		}
		add("a in (" + value + ")")
		add("a notin (b," + value + ",b)")
	}
	for _, space := range spaces {
		add(space)
		add("a" + space + "=" + space + "x")
		add("a in" + space + "(" + space + "x" + space + "," + space + ")")
		add("a," + space)
		add("a" + space + ",b" + space)
	}
	for _, text := range []string{"a in ()", "a notin ()", "a in (,)", "a in (,,)", "a in (x,,y)", "a in (y,x,y)", "a notin", "a in", "a=,b=", "a=b,a=c,a=a", "b,a,b", "a in (in,notin)", "in in (in)", "notin notin (notin)", "!in", "! a", "!!a", "a!", "a,,b", ",", ",a", "a,", "a b", "(a)", "a in (b))", "a in ((b)", "a=(b)", "a==b", "!a=b", "!a in (b)", "a==", "a=="} {
		add(text)
	}
	for len(out.Selectors) < 3000 {
		add(selector(r))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}
