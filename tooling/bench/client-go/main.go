// The peer of the benchmarks: client-go's informer, typed or dynamic, with or without managedFields, as its users write it: one index, one
// handler. Prints one JSON line when it is done, then lives until its standard input ends, so that its memory can be read from outside.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	k8sruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

func cpuSeconds() float64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	of := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return of(usage.Utime) + of(usage.Stime)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func informerOf(config *rest.Config, mode, selector string) (cache.SharedIndexInformer, func(<-chan struct{})) {
	tweak := func(options *metav1.ListOptions) { options.LabelSelector = selector }
	indexers := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	if mode == "dynamic" {
		client, err := dynamic.NewForConfig(config)
		check(err)
		informer := dynamicinformer.NewFilteredDynamicInformer(client, groupVersion.WithResource("appmodels"), "", 0, indexers, tweak).Informer()
		return informer, func(stop <-chan struct{}) { informer.Run(stop) }
	}
	scheme := k8sruntime.NewScheme()
	check(addKnownTypes(scheme))
	own := rest.CopyConfig(config)
	own.GroupVersion = &groupVersion
	own.APIPath = "/apis"
	own.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	client, err := rest.RESTClientFor(own)
	check(err)
	listWatch := cache.NewFilteredListWatchFromClient(client, "appmodels", "", tweak)
	informer := cache.NewSharedIndexInformer(listWatch, &AppModel{}, 0, indexers)
	return informer, func(stop <-chan struct{}) { informer.Run(stop) }
}

func main() {
	mode := flag.String("mode", "typed", "typed or dynamic")
	strip := flag.Bool("strip", false, "drop managedFields before anything is kept")
	selector := flag.String("selector", "iidp=iidp", "label selector")
	events := flag.Int("events", 0, "wait for so many timed updates after the sync; 0: only sync")
	workMs := flag.Int("work", 1, "milliseconds that the handler of an update takes")
	workers := flag.Int("workers", 16, "handlers at once")
	idleMs := flag.Int("idle", 5000, "milliseconds without an update after which those that are missing count as lost")
	flag.Parse()
	config := &rest.Config{
		Host:            os.Getenv("BENCH_URL"),
		BearerToken:     os.Getenv("BENCH_TOKEN"),
		TLSClientConfig: rest.TLSClientConfig{CAFile: os.Getenv("BENCH_CA")},
		QPS:             -1,
	}
	start, cpu := time.Now(), cpuSeconds()
	informer, run := informerOf(config, *mode, *selector)
	if *strip {
		check(informer.SetTransform(func(object any) (any, error) {
			accessor, err := meta.Accessor(object)
			if err == nil {
				accessor.SetManagedFields(nil)
			}
			return object, nil
		}))
	}
	var handled atomic.Int64
	queue := make(chan any, 1024)
	handler, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { handled.Add(1) },
		UpdateFunc: func(_, object any) { queue <- object },
	})
	check(err)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go run(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), handler.HasSynced) {
		check(fmt.Errorf("not synced"))
	}
	seconds, used := time.Since(start).Seconds(), cpuSeconds()-cpu
	result := map[string]any{"objects": len(informer.GetStore().ListKeys()), "handled": handled.Load(), "seconds": seconds, "cpuSeconds": used}
	if *events > 0 {
		fmt.Println(`{"ready":true}`)
		for key, value := range follow(queue, *events, *workMs, *workers, *idleMs) {
			result[key] = value
		}
	}
	line, _ := json.Marshal(result)
	fmt.Println(string(line))
	runtime.GC()
	debug.FreeOSMemory()
	fmt.Println(`{"settled":true}`)
	_, _ = io.Copy(io.Discard, os.Stdin)
	runtime.KeepAlive(informer)
}

// follow measures from the writing of an update, which the object tells in an annotation, to the end of its handler.
func follow(queue <-chan any, events, workMs, workers, idleMs int) map[string]any {
	cpu := cpuSeconds()
	var lock sync.Mutex
	var latencies []float64
	done := make(chan struct{}, 1024)
	for range workers {
		go func() {
			for object := range queue {
				accessor, err := meta.Accessor(object)
				if err != nil {
					continue
				}
				sent, err := strconv.ParseFloat(accessor.GetAnnotations()["bench/sent"], 64)
				if err != nil {
					continue
				}
				time.Sleep(time.Duration(workMs) * time.Millisecond)
				lock.Lock()
				latencies = append(latencies, float64(time.Now().UnixMicro())/1000-sent)
				lock.Unlock()
				done <- struct{}{}
			}
		}()
	}
	idle := time.NewTimer(time.Duration(idleMs+10_000) * time.Millisecond)
	for seen := 0; seen < events; {
		select {
		case <-done:
			seen++
			idle.Reset(time.Duration(idleMs) * time.Millisecond)
		case <-idle.C:
			seen = events
		}
	}
	lock.Lock()
	defer lock.Unlock()
	sort.Float64s(latencies)
	sum := 0.0
	for _, each := range latencies {
		sum += each
	}
	at := func(part float64) float64 {
		if len(latencies) == 0 {
			return -1
		}
		return latencies[min(len(latencies)-1, int(part*float64(len(latencies))))]
	}
	return map[string]any{
		"meanMs": sum / float64(max(1, len(latencies))), "p50Ms": at(0.5), "p99Ms": at(0.99), "maxMs": at(1),
		"lost": events - len(latencies), "eventsCpuSeconds": cpuSeconds() - cpu,
	}
}
