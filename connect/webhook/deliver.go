package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Sent says what a Deliver did.
type Sent struct {
	Delivered int
	Failed    int   // attempts that will be made again, or were the last
	Err       error // failures of the store with single deliveries, the first hundred joined
}

// listPage is how many due deliveries are looked at together.
const listPage = ledger.MaxPage

// job is one delivery that is due.
type job struct {
	id, platform, endpoint, lane, host string
	version                            int64
}

// sending is one Deliver at work. Its own goroutine alone touches it.
type sending struct {
	h       *Hooks
	queue   []job // due, platforms taking turns
	running int
	done    chan finished
	tried   map[string]int64 // the version at which a delivery was last taken
	busy    map[string]int   // attempts under way, by platform, host, lane and delivery
	sent    Sent
	failed  int
}

// finished is how a job ended.
type finished struct {
	job
	result Result // empty: there was nothing to do
	err    error
}

// Deliver sends what is due until nothing is, several at once, and waits for them. Platforms
// take turns, and no platform and no host takes more than its part of the places, so that one
// with a thousand dead endpoints delays the others little. The error is of ctx, or of a store
// that cannot be read.
func (h *Hooks) Deliver(ctx context.Context) (Sent, error) {
	s := &sending{h: h, done: make(chan finished), tried: make(map[string]int64), busy: make(map[string]int)}
	tick := time.NewTicker(time.Second) // looks for what has come while slow ones run
	defer tick.Stop()
	err := ctx.Err()
	for look := true; err == nil; {
		if look {
			if err = s.list(ctx); err != nil {
				break
			}
		}
		started := s.start(ctx)
		if s.running == 0 && look {
			break
		}
		if look = started == 0 && len(s.queue) == 0 && s.running == 0; look {
			continue
		}
		select {
		case f := <-s.done:
			s.end(f)
			look = !s.startable()
		case <-tick.C:
			look = true
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	for s.running > 0 {
		s.end(<-s.done)
	}
	return s.sent, err
}

// Run delivers until ctx ends, every second, and returns ctx's error. Failures go to the
// logger, nil for none.
func (h *Hooks) Run(ctx context.Context, log *slog.Logger) error {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		sent, err := h.Deliver(ctx)
		if err = errors.Join(err, sent.Err); err != nil && ctx.Err() == nil {
			log.Error("souk: webhooks could not be delivered and will be tried again", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// list looks up what is due. Where that is more than a page, each platform is asked about,
// since those of one may fill the page.
func (s *sending) list(ctx context.Context) error {
	s.queue = s.queue[:0]
	return s.h.eng.Store().Read(ctx, func(v ledger.View) error {
		q := ledger.Query{Kind: deliveryKind.Name, Name: readyKey, To: s.h.env.Time().Add(time.Microsecond), Limit: listPage}
		list, err := v.Find(q)
		if err != nil {
			return err
		}
		if len(list) == listPage {
			if list, err = eachPlatform(v, q); err != nil {
				return err
			}
		}
		return s.sort(v, list)
	})
}

// eachPlatform lists some of what is due of each platform.
func eachPlatform(v ledger.View, due ledger.Query) (list []ledger.Object, err error) {
	feeds := ledger.Query{Kind: feedKind.Name, Name: "feeds", Limit: ledger.MaxPage}
	for {
		page, err := v.Find(feeds)
		if err != nil || len(page) == 0 {
			return list, err
		}
		for _, o := range page {
			f, err := feedKind.Decode(o)
			if err != nil {
				return nil, err
			}
			q := due
			q.Value, q.Limit = f.Platform, 100
			some, err := v.Find(q)
			if err != nil {
				return nil, err
			}
			list = append(list, some...)
		}
		feeds.After = page[len(page)-1].PlaceIn(feeds)
	}
}

// sort queues what is due, one of each platform in turn, and of each lane the first.
func (s *sending) sort(v ledger.View, list []ledger.Object) error {
	of := make(map[string][]job)
	var platforms []string
	lanes, ids := make(map[string]bool), make(map[string]int)
	var endpoints []ledger.ID
	for _, o := range list {
		d, err := deliveryKind.Decode(o)
		if err != nil {
			return err
		}
		if s.busy["id "+d.ID] > 0 || s.tried[d.ID] == o.Version || d.Lane != "" && (lanes[d.Lane] || s.busy["lane "+d.Lane] > 0) {
			continue
		}
		if lanes[d.Lane] = true; of[d.Platform] == nil {
			platforms = append(platforms, d.Platform)
		}
		if _, ok := ids[d.EndpointID]; !ok {
			ids[d.EndpointID] = len(endpoints)
			endpoints = append(endpoints, endpointKind.ID(d.EndpointID))
		}
		of[d.Platform] = append(of[d.Platform], job{id: d.ID, platform: d.Platform, endpoint: d.EndpointID, lane: d.Lane, version: o.Version})
	}
	if len(endpoints) == 0 {
		return nil
	}
	hosts, err := v.Objects(endpoints...)
	if err != nil {
		return err
	}
	for turn := 0; ; turn++ {
		before := len(s.queue)
		for _, p := range platforms {
			if turn < len(of[p]) {
				j := of[p][turn]
				j.host = hostOf(hosts[ids[j.endpoint]])
				s.queue = append(s.queue, j)
			}
		}
		if len(s.queue) == before {
			return nil
		}
	}
}

// hostOf returns the host of an endpoint: one however it is written, and whatever the port.
func hostOf(o ledger.Object) string {
	e, err := endpointKind.Decode(o)
	if err != nil {
		return ""
	}
	u, err := url.Parse(e.URL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// may reports whether there is a place for a job.
func (s *sending) may(j job) bool {
	c := &s.h.c
	return s.running < c.Parallel && s.busy["platform "+j.platform] < c.PerTenant && s.busy["host "+j.host] < c.PerHost &&
		(j.lane == "" || s.busy["lane "+j.lane] == 0)
}

// startable reports whether the queue still has something to begin.
func (s *sending) startable() bool {
	for _, j := range s.queue {
		if s.may(j) {
			return true
		}
	}
	return false
}

// count notes that a job begins or has ended.
func (s *sending) count(j job, n int) {
	s.running += n
	for _, key := range []string{"platform " + j.platform, "host " + j.host, "lane " + j.lane, "id " + j.id} {
		if s.busy[key] += n; s.busy[key] == 0 {
			delete(s.busy, key)
		}
	}
}

// start begins what there is a place for.
func (s *sending) start(ctx context.Context) (n int) {
	left := s.queue[:0]
	for _, j := range s.queue {
		if !s.may(j) {
			left = append(left, j)
			continue
		}
		n++
		s.count(j, 1)
		s.tried[j.id] = j.version
		go func() {
			f := finished{job: j}
			f.result, f.err = s.h.safely(ctx, j.id)
			s.done <- f
		}()
	}
	s.queue = left
	return n
}

// end notes how a job ended.
func (s *sending) end(f finished) {
	s.count(f.job, -1)
	if f.err == nil && f.result != "" {
		delete(s.tried, f.id) // it has another version; a Deliver may last as long as the process
	}
	switch {
	case f.err != nil:
		if s.failed++; s.failed <= 100 {
			s.sent.Err = errors.Join(s.sent.Err, f.err)
		}
	case f.result == Answered2xx:
		s.sent.Delivered++
	case f.result != "":
		s.sent.Failed++
	}
}
