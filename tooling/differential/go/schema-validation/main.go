// Prints schemas, values and what the API server's own validation of custom resources says of them.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"sort"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// The texts of schema and value are kept as texts: 1.0 and 1 are not the same to the server.
type answer struct {
	Schema string     `json:"schema"`
	Value  string     `json:"value"`
	Errors [][]string `json:"errors"`
}

var random = rand.New(rand.NewSource(20260731))

func pick(from ...string) string { return from[random.Intn(len(from))] }

func chance(one int) bool { return random.Intn(one) == 0 }

var integers = []string{"0", "1", "2", "3", "5", "6", "7", "9", "10", "100", "97", "-1", "-2", "-3", "-7", "-10", "127", "2147483647", "2147483648",
	"-2147483648", "-2147483649", "4294967295", "4294967296", "9007199254740991", "-9007199254740991", "9007199254740992", "4611686018427387904",
	"9223372036854775808", "18446744073709551616", "-9223372036854775808", "1180591620717411303424"}
var fractions = []string{"0.1", "0.2", "0.3", "0.7", "0.07", "0.01", "0.03", "0.29", "1.1", "1.15", "2.5", "0.5", "0.25", "-0.3", "-0.07", "-0.5", "-1.5",
	"3.3", "19.99", "4.35", "1.0000000001", "0.9999999999", "7.000000001", "1e-7", "1e-10", "3e-9", "1.5e-9", "1e+21", "1.7e+308", "3.4028235e+38", "3.5e+38", "1e-46",
	"123456.789", "1234567.5", "-1e-7", "0.00001", "99.999", "1e+300"}
var factors = []string{"0.1", "0.01", "0.3", "0.07", "0.5", "0.25", "1", "2", "3", "1.5", "2.5", "7", "10", "0.001", "1e-7", "100", "2147483648", "1e+21", "0.9", "0", "-1"}

func number() string {
	if chance(2) {
		return pick(integers...)
	}
	if chance(3) {
		return fmt.Sprintf("%v", float64(random.Intn(2000)-500)/100)
	}
	return pick(fractions...)
}

var texts = []string{"", "a", "b", "abc", "abcd", "ABC", "1", "1.0", "é", "e\u0301", "😀", "😀😀😀", "日本語", "a\nb", "\"", "\u0000", "a b", "2026-02-29", "2024-02-29",
	"2026-01-01T00:00:00Z", "2026-01-01t00:00:00.5z", "10.0.0.1", "::1", "1h", "a@b.c", "true", "null", "<a>&", "\u2028"}

var formats = []string{"bsonobjectid", "uri", "email", "hostname", "ipv4", "ipv6", "cidr", "mac", "uuid", "uuid3", "uuid4", "uuid5", "isbn", "isbn10", "isbn13",
	"creditcard", "ssn", "hexcolor", "rgbcolor", "byte", "password", "date", "duration", "datetime", "date-time", "k8s-short-name", "k8s-long-name", "int32", "unknown"}

var formatted = []string{"", "a", "507f1f77bcf86cd799439011", "507F1F77BCF86CD79943901", "http://a.b/c?d", "/path", "a.b", "mailto:x", "a@b", "a@b.c", "A B <a@b.c>", "@b", "a@",
	"a b@c", "my-host", "my_host", "-a", "a-", "a..b", "EXAMPLE.com", "10.0.0.1", "010.0.0.1", "256.1.1.1", "1.2.3", "::", "::1", "1::2::3", "fe80::1%eth0", "::ffff:1.2.3.4",
	"10.0.0.0/8", "10.0.0.0/33", "::/0", "::/129", "00:11:22:33:44:55", "00-11-22-33-44-55", "00:11-22:33:44:55", "0011.2233.4455", "00:11:22:33:44:55:66",
	"00:11:22:33:44:55:66:77", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6BA7B8109DAD11D180B400C04FD430C8", "6ba7b810-9dad-31d1-80b4-00c04fd430c8",
	"6ba7b810-9dad-41d1-80b4-00c04fd430c8", "6ba7b810-9dad-51d1-c0b4-00c04fd430c8", "0321751043", "0-321-75104-3", "080442957X", "978-0321751041", "9780321751042",
	"4111 1111 1111 1111", "4111111111111112", "123-45-6789", "123456789", "#FFF", "ffffff", "#ffff", "rgb(0, 1,255)", "rgb(0,1,256)", "YQ==", "YWI=", "YWJj", "YQ=", "Y Q==",
	"2026-02-28", "2026-02-29", "2024-02-29", "2026-13-01", "0000-01-01", "26-01-01", "1h", "1.5h", "22 ns", "3 weeks", "1x", "-1h", "+1m3s", "0", ".5s", "1h x",
	"2026-01-01T00:00:00Z", "2026-01-01t00:00:00z", "2026-01-01T00:00:00.123456789+01:00", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z",
	"2026-01-01T00:00:00+99:99", "2026-01-01T00:00:00,5Z", "2026-01-01T00:00:00ZTZ", "UPPER", "a.b.c", "1a", strings.Repeat("a", 64), strings.Repeat("a.", 126) + "a", "é", "日本", "a\n", "\u0000"}

func text() string {
	quoted, _ := json.Marshal(pick(texts...))
	return string(quoted)
}

func value() string {
	switch random.Intn(12) {
	case 0:
		return "null"
	case 1:
		return pick("true", "false")
	case 2:
		return "[]"
	case 3:
		return pick(`[1]`, `[1,1]`, `[1,"a"]`, `[null]`, `["a","b","a"]`, `[0.3,0.1]`, `[[1],[1]]`, `[{"a":1},{"a":1}]`, `[1,2,3]`)
	case 4:
		return pick(`{}`, `{"a":1}`, `{"a":"b"}`, `{"a":null}`, `{"__proto__":1}`, `{"a":1,"b":2}`)
	case 5, 6, 7:
		return text()
	default:
		return number()
	}
}

func field(parts *[]string, name string, text string) {
	*parts = append(*parts, fmt.Sprintf("%q:%s", name, text))
}

func numeric(parts *[]string) {
	if chance(2) {
		field(parts, "multipleOf", pick(factors...))
	}
	if chance(3) {
		field(parts, "minimum", number())
		if chance(3) {
			field(parts, "exclusiveMinimum", "true")
		}
	}
	if chance(3) {
		field(parts, "maximum", number())
		if chance(3) {
			field(parts, "exclusiveMaximum", "true")
		}
	}
	if chance(3) {
		field(parts, "format", pick(`"int32"`, `"int64"`, `"float"`, `"double"`, `"float32"`, `"float64"`, `"uint32"`, `"strange"`))
	}
}

func textual(parts *[]string) {
	if chance(2) {
		field(parts, "minLength", pick("0", "1", "2", "3"))
	}
	if chance(2) {
		field(parts, "maxLength", pick("0", "1", "2", "3"))
	}
	if chance(3) {
		field(parts, "pattern", pick(`"^[a-z]+$"`, `"b"`, `"^.$"`, `"^.{2}$"`, `"(?i)^abc$"`, `"^\\w+$"`, `""`))
	}
	if chance(3) {
		field(parts, "format", pick(`"date"`, `"date-time"`, `"ipv4"`, `"ipv6"`, `"duration"`, `"email"`, `"byte"`, `"int32"`, `"strange"`))
	}
}

func enumOf(parts *[]string) {
	var allowed []string
	for range 1 + random.Intn(3) {
		switch random.Intn(4) {
		case 0:
			allowed = append(allowed, text())
		case 1:
			allowed = append(allowed, value())
		default:
			allowed = append(allowed, number())
		}
	}
	field(parts, "enum", "["+strings.Join(allowed, ",")+"]")
}

func sized(parts *[]string) {
	for _, name := range []string{"minItems", "maxItems", "minProperties", "maxProperties"} {
		if chance(2) {
			field(parts, name, pick("0", "1", "2"))
		}
	}
	if chance(3) {
		field(parts, "uniqueItems", "true")
	}
	if chance(3) {
		field(parts, "required", pick(`["a"]`, `["b","a"]`, `["__proto__"]`))
	}
}

func schema() string {
	var parts []string
	kind := pick("integer", "integer", "number", "number", "number", "string", "string", "boolean", "array", "object", "intOrString", "none")
	switch kind {
	case "intOrString":
		field(&parts, "x-kubernetes-int-or-string", "true")
	case "none":
		field(&parts, "x-kubernetes-preserve-unknown-fields", "true")
	default:
		field(&parts, "type", fmt.Sprintf("%q", kind))
	}
	if kind == "integer" || kind == "number" || kind == "intOrString" || chance(8) {
		numeric(&parts)
	} else if kind == "string" || chance(8) {
		textual(&parts)
	}
	if kind == "array" || kind == "object" || chance(10) {
		sized(&parts)
	}
	if chance(5) {
		enumOf(&parts)
	}
	if chance(8) {
		field(&parts, "nullable", "true")
	}
	if chance(10) {
		var inner []string
		numeric(&inner)
		var other []string
		textual(&other)
		field(&parts, pick("anyOf", "oneOf", "allOf"), "[{"+strings.Join(inner, ",")+"},{"+strings.Join(other, ",")+"}]")
	}
	if chance(20) {
		var inner []string
		numeric(&inner)
		field(&parts, "not", "{"+strings.Join(inner, ",")+"}")
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func ask(schema, value string) answer {
	var props apiextensionsv1.JSONSchemaProps
	must(json.Unmarshal([]byte(`{"type":"object","properties":{"v":`+schema+`}}`), &props))
	var internal apiextensions.JSONSchemaProps
	must(apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&props, &internal, nil))
	validator, _, err := validation.NewSchemaValidator(&internal)
	must(err)
	var object map[string]interface{}
	must(utiljson.Unmarshal([]byte(`{"v":`+value+`}`), &object))
	errors := [][]string{}
	for _, one := range validation.ValidateCustomResource(nil, object, validator) {
		errors = append(errors, []string{one.Field, string(one.Type), one.ErrorBody()})
	}
	sort.SliceStable(errors, func(i, j int) bool { return errors[i][0]+errors[i][2] < errors[j][0]+errors[j][2] })
	return answer{schema, value, errors}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	var answers []answer
	known := map[string]bool{}
	add := func(schema, value string) {
		if !known[schema+value] {
			known[schema+value] = true
			answers = append(answers, ask(schema, value))
		}
	}
	// Every factor with every number: what binary fractions cannot hold is the point.
	for _, kind := range []string{"number", "integer"} {
		for _, factor := range factors {
			for _, value := range append(append([]string{}, integers...), fractions...) {
				if kind == "number" || chance(3) {
					add(fmt.Sprintf(`{"type":%q,"multipleOf":%s}`, kind, factor), value)
				}
			}
		}
	}
	for len(answers) < 4000 {
		s := schema()
		if strings.Contains(s, `"number"`) || strings.Contains(s, `"integer"`) {
			if chance(6) {
				add(s, value())
			} else {
				add(s, number())
			}
		} else {
			add(s, value())
		}
	}
	// Formats of texts, beside a type and alone.
	for _, format := range formats {
		for _, text := range formatted {
			quoted, _ := json.Marshal(text)
			add(fmt.Sprintf(`{"type":"string","format":%q}`, format), string(quoted))
		}
		for _, value := range []string{`"x"`, `1`, `1.5`, `true`, `[]`, `{}`, `null`} {
			for _, s := range []string{`{"type":"object","format":%q}`, `{"type":"integer","format":%q}`, `{"x-kubernetes-preserve-unknown-fields":true,"format":%q}`,
				`{"x-kubernetes-int-or-string":true,"format":%q}`, `{"type":"string","nullable":true,"anyOf":[{"format":%q},{"maxLength":0}]}`} {
				add(fmt.Sprintf(s, format), value)
			}
		}
	}
	// How a number is written.
	for _, text := range []string{"1.0", "-0", "-0.0", "1e3", "1E3", "1e-3", "0e0", "100e-2", "9007199254740993", "-9007199254740993", "9223372036854775807",
		"9223372036854775806", "1.5e300", "1e400", "123456789012345678901234567890"} {
		for _, s := range []string{`{"type":"integer"}`, `{"type":"number"}`, `{"type":"integer","format":"int32"}`, `{"type":"number","format":"float"}`,
			`{"type":"integer","enum":[1,0,1000]}`, `{"type":"number","enum":[1,0,1000]}`, `{"type":"integer","multipleOf":2}`,
			`{"type":"number","multipleOf":0.1}`, `{"type":"integer","minimum":1,"maximum":1000}`, `{"x-kubernetes-int-or-string":true}`} {
			if text == "1e400" {
				continue
			}
			add(s, text)
		}
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	must(encoder.Encode(answers))
}
