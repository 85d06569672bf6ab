// Runs random schedules on client-go's own work queue, on a clock that stands still between steps, and prints what each step showed.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/client-go/util/workqueue"
	testingclock "k8s.io/utils/clock/testing"
)

type step struct {
	Do  string `json:"do"`
	Key string `json:"key,omitempty"`
	Ms  int    `json:"ms,omitempty"`
	// What get gave; "" is the end of the queue.
	Got *string `json:"got,omitempty"`
	// After the step.
	Len      int `json:"len"`
	Failures int `json:"failures"`
	// How many of the drains that were begun have ended.
	Drained int `json:"drained"`
}

type schedule struct {
	Limiter string `json:"limiter"`
	Steps   []step `json:"steps"`
}

type delays struct {
	Limiter string    `json:"limiter"`
	AtMs    []float64 `json:"atMs"`
	Keys    []string  `json:"keys"`
	Ms      []float64 `json:"ms"`
}

// The queue's own goroutines take what was handed to them: nothing here is timed, so real time decides only how long the wait is.
func settle() { time.Sleep(time.Millisecond) }

// Remembers the delay that it gave last.
type remembering struct {
	workqueue.TypedRateLimiter[string]
	last time.Duration
}

func (l *remembering) When(key string) time.Duration {
	l.last = l.TypedRateLimiter.When(key)
	return l.last
}

func limiterOf(name string) workqueue.TypedRateLimiter[string] {
	switch name {
	case "exponential":
		return workqueue.NewTypedItemExponentialFailureRateLimiter[string](5*time.Millisecond, 1000*time.Second)
	case "fastSlow":
		return workqueue.NewTypedItemFastSlowRateLimiter[string](5*time.Millisecond, 2*time.Second, 3)
	default:
		return workqueue.NewTypedMaxOfRateLimiter[string](
			workqueue.NewTypedItemExponentialFailureRateLimiter[string](1*time.Millisecond, 50*time.Millisecond),
			workqueue.NewTypedItemFastSlowRateLimiter[string](10*time.Millisecond, 30*time.Millisecond, 2))
	}
}

func run(r *rand.Rand, limiter string, length int) schedule {
	clock := testingclock.NewFakeClock(time.Unix(1700000000, 0))
	limit := &remembering{TypedRateLimiter: limiterOf(limiter)}
	queue := workqueue.NewTypedRateLimitingQueueWithConfig[string](limit, workqueue.TypedRateLimitingQueueConfig[string]{Clock: clock})
	drained := make(chan struct{}, 100)
	begun, ended, ending, shut := 0, 0, false, false
	var running []string
	out := schedule{Limiter: limiter}
	now := 0
	due := map[string]int{}
	// client-go gives no order to times that are equal: the schedule ends before two keys share one.
	shares := func(key string, ms int) bool {
		if ms <= 0 || ending {
			return false
		}
		for other, at := range due {
			if other != key && at > now && at == now+ms {
				return true
			}
		}
		if at, known := due[key]; !known || at <= now || now+ms < at {
			due[key] = now + ms
		}
		return false
	}
	for i := 0; i < length; i++ {
		s := step{Key: fmt.Sprintf("k%d", r.Intn(4))}
		switch n := r.Intn(100); {
		case n < 24:
			s.Do = "add"
			queue.Add(s.Key)
		case n < 40:
			s.Do, s.Ms = "addAfter", r.Intn(150)-5
			if shares(s.Key, s.Ms) {
				continue
			}
			queue.AddAfter(s.Key, time.Duration(s.Ms)*time.Millisecond)
		case n < 50:
			s.Do = "addRateLimited"
			queue.AddRateLimited(s.Key)
			if shares(s.Key, int(limit.last/time.Millisecond)) {
				queue.ShutDown()
				return out
			}
		case n < 54:
			s.Do = "forget"
			queue.Forget(s.Key)
		case n < 72:
			if queue.Len() == 0 && !ending {
				continue
			}
			s.Do = "get"
			key, end := queue.Get()
			if !end {
				running = append(running, key)
			}
			s.Key, s.Got = "", &key
		case n < 86:
			if len(running) == 0 {
				continue
			}
			at := r.Intn(len(running))
			s.Do, s.Key = "done", running[at]
			running = append(running[:at], running[at+1:]...)
			queue.Done(s.Key)
		case n < 95:
			s.Do, s.Ms = "time", 1
			if r.Intn(3) == 0 {
				s.Ms = r.Intn(60)
			}
			// A millisecond at a time, so that what is due at different moments becomes ready in their order.
			for ms := 0; ms < s.Ms; ms++ {
				clock.Step(time.Millisecond)
				now++
				settle()
			}
		// Once: a delaying queue hands only the first ShutDown on, so that a second one ends no drain.
		case n < 97 && i > length/2 && !shut:
			shut = true
			s.Do, ending = "shutDown", true
			queue.ShutDown()
		// One drain at a time: of two, client-go wakes only one by each Done (sync.Cond's Signal).
		case i > length/2 && n >= 97 && begun == ended:
			begun++
			s.Do, ending = "shutDownWithDrain", true
			go func() { queue.ShutDownWithDrain(); drained <- struct{}{} }()
		default:
			continue
		}
		settle()
		for more := true; more; {
			select {
			case <-drained:
				ended++
			default:
				more = false
			}
		}
		s.Len, s.Failures, s.Drained = queue.Len(), queue.NumRequeues(s.Key), ended
		out.Steps = append(out.Steps, s)
	}
	queue.ShutDown()
	return out
}

func bucket(r *rand.Rand, perSecond float64, burst int) delays {
	start := time.Unix(1700000000, 0)
	limiter := rate.NewLimiter(rate.Limit(perSecond), burst)
	out := delays{Limiter: fmt.Sprintf("bucket %v %d", perSecond, burst)}
	at := 0.0
	for i := 0; i < 150; i++ {
		if r.Intn(4) == 0 {
			at += float64(r.Intn(400))
		}
		now := start.Add(time.Duration(at * float64(time.Millisecond)))
		out.AtMs = append(out.AtMs, at)
		out.Keys = append(out.Keys, "k")
		out.Ms = append(out.Ms, float64(limiter.ReserveN(now, 1).DelayFrom(now))/float64(time.Millisecond))
	}
	return out
}

func main() {
	r := rand.New(rand.NewSource(20261130))
	schedules := []schedule{}
	for i := 0; i < 200; i++ {
		schedules = append(schedules, run(r, []string{"exponential", "fastSlow", "maxOf"}[i%3], 20+r.Intn(60)))
	}
	buckets := []delays{bucket(r, 10, 100), bucket(r, 10, 1), bucket(r, 2.5, 7), bucket(r, 1000, 3)}
	answers := map[string]any{"clientGo": "v0.36.3", "schedules": schedules, "buckets": buckets}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
