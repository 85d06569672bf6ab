// Prints random schedules of calls of client-go's cache.Indexer with what each call answered.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"sort"

	"k8s.io/client-go/tools/cache"
)

type object struct {
	Key    string   `json:"key"`
	Number int      `json:"number"`
	A      []string `json:"a"`
	B      []string `json:"b"`
}

type step struct {
	Do     string    `json:"do"`
	Object *object   `json:"object,omitempty"`
	List   []*object `json:"list,omitempty"`
	Name   string    `json:"name,omitempty"`
	Value  string    `json:"value,omitempty"`
	Failed bool      `json:"failed,omitempty"`
	Got    []string  `json:"got"`
}

func keyOf(o any) (string, error) {
	if o.(*object).Key == "" {
		return "", errors.New("no key")
	}
	return o.(*object).Key, nil
}

func show(list []any) []string {
	out := []string{}
	for _, o := range list {
		out = append(out, fmt.Sprintf("%s#%d", o.(*object).Key, o.(*object).Number))
	}
	sort.Strings(out)
	return out
}

func sorted(list []string) []string {
	out := append([]string{}, list...)
	sort.Strings(out)
	return out
}

func main() {
	random := rand.New(rand.NewSource(7))
	number := 0
	pick := func(list ...string) string { return list[random.Intn(len(list))] }
	values := func() []string {
		out := []string{}
		for n := random.Intn(4); n > 0; n-- {
			out = append(out, pick("x", "y", "z", "", "__proto__"))
		}
		return out
	}
	make := func() *object {
		number++
		return &object{Key: pick("a", "b", "c", "n/a", "n/b", "__proto__", ""), Number: number, A: values(), B: values()}
	}
	funcs := cache.Indexers{
		"a": func(o any) ([]string, error) { return o.(*object).A, nil },
		"b": func(o any) ([]string, error) { return o.(*object).B, nil },
	}
	schedules := [][]step{}
	for s := 0; s < 300; s++ {
		indexer := cache.NewIndexer(keyOf, cache.Indexers{"a": funcs["a"]})
		schedule := []step{}
		for n := 10 + random.Intn(40); n > 0; n-- {
			st := step{Do: pick("add", "add", "update", "delete", "unknown", "replace", "get", "list", "keys", "byIndex", "index", "indexKeys", "values", "addIndexers")}
			st.Got = []string{}
			var err error
			switch st.Do {
			case "add":
				st.Object = make()
				err = indexer.Add(st.Object)
			case "update":
				st.Object = make()
				err = indexer.Update(st.Object)
			case "delete":
				st.Object = make()
				err = indexer.Delete(st.Object)
			case "unknown":
				// client-go's own key function for deletes takes it; here it is called as that does.
				st.Object = make()
				if st.Object.Key == "" {
					err = errors.New("no key")
				} else {
					err = indexer.Delete(st.Object)
				}
			case "replace":
				list := []any{}
				for m := random.Intn(5); m > 0; m-- {
					o := make()
					st.List = append(st.List, o)
					list = append(list, o)
				}
				err = indexer.Replace(list, "1")
			case "get":
				st.Object = make()
				var got any
				var exists bool
				got, exists, err = indexer.Get(st.Object)
				if exists {
					st.Got = show([]any{got})
				}
			case "list":
				st.Got = show(indexer.List())
			case "keys":
				st.Got = sorted(indexer.ListKeys())
			case "byIndex":
				st.Name, st.Value = pick("a", "b"), pick("x", "y", "", "__proto__", "none")
				var got []any
				got, err = indexer.ByIndex(st.Name, st.Value)
				st.Got = show(got)
			case "index":
				st.Name, st.Object = pick("a", "b"), make()
				var got []any
				got, err = indexer.Index(st.Name, st.Object)
				st.Got = show(got)
			case "indexKeys":
				st.Name, st.Value = pick("a", "b"), pick("x", "y", "", "__proto__", "none")
				var got []string
				got, err = indexer.IndexKeys(st.Name, st.Value)
				st.Got = sorted(got)
			case "values":
				st.Name = "a"
				st.Got = sorted(indexer.ListIndexFuncValues(st.Name))
			case "addIndexers":
				st.Name = pick("a", "b")
				err = indexer.AddIndexers(cache.Indexers{st.Name: funcs[st.Name]})
			}
			st.Failed = err != nil
			schedule = append(schedule, st)
		}
		schedules = append(schedules, schedule)
	}
	if err := json.NewEncoder(os.Stdout).Encode(schedules); err != nil {
		panic(err)
	}
}
