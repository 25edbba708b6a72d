package webhook

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/soukhq/souk/ledger"
)

// reasonFailing is why an endpoint is disabled that took nothing for days.
const reasonFailing = "failing"

// considered is how many deliveries are looked at for one batch.
const considered = ledger.MaxPage

// deliver tries what is due: the worker of deliveries. The first that is due takes all with
// it that are, and so many at once as the configuration says; the others find that they
// have been tried. A failure is no failure of the Drain: it stands in the delivery.
func (h *Hooks) deliver(ctx context.Context, s ledger.Store, o ledger.Object) error {
	h.batch.Lock()
	defer h.batch.Unlock()
	d, err := deliveryKind.Read(ctx, s, o.ID.ID)
	if err != nil || !d.Work.Open() || h.env.Time().Before(d.Work.Due) {
		return err
	}
	groups, err := h.due(ctx, s)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	slots := make(chan struct{}, h.c.Parallel)
	for _, g := range groups {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			h.group(ctx, s, g)
		})
	}
	all.Wait()
	return ctx.Err()
}

// group is what is due of one endpoint, in order.
type group struct {
	endpoint *stored
	list     []*Delivery
}

// due is what is due, by endpoint: first those that took what they last got, so that
// however many others are dead, they hold up none that is not.
func (h *Hooks) due(ctx context.Context, s ledger.Store) (groups []*group, err error) {
	by := make(map[string]*group)
	err = s.Read(ctx, func(v ledger.View) error {
		groups = nil
		clear(by)
		page, err := v.Find(ledger.Query{Kind: deliveryKind.Name, Name: ledger.DueKey, To: h.env.Time().Add(time.Microsecond), Limit: considered})
		if err != nil {
			return err
		}
		for _, o := range page {
			d, err := deliveryKind.Decode(o)
			if err != nil {
				return err
			}
			g := by[d.Endpoint]
			if g == nil {
				objects, err := v.Objects(endpointKind.ID(d.Endpoint))
				if err != nil {
					return err
				}
				g = new(group)
				if g.endpoint, err = endpointKind.Decode(objects[0]); err != nil {
					return err
				}
				by[d.Endpoint], groups = g, append(groups, g)
			}
			g.list = append(g.list, d)
		}
		return nil
	})
	slices.SortStableFunc(groups, func(a, b *group) int { return cmp.Compare(a.endpoint.Failures, b.endpoint.Failures) })
	for _, g := range groups {
		slices.SortStableFunc(g.list, func(a, b *Delivery) int { return cmp.Compare(a.Number, b.Number) })
	}
	return groups, err
}

// group tries what is due of an endpoint: several at once if it took the last and wants no
// order, and else one after the other until one fails.
func (h *Hooks) group(ctx context.Context, s ledger.Store, g *group) {
	lanes := h.c.PerEndpoint
	if g.endpoint.Ordered || g.endpoint.Failures > 0 {
		lanes = 1
	}
	next := make(chan *Delivery, len(g.list))
	for _, d := range g.list {
		next <- d
	}
	close(next)
	var all sync.WaitGroup
	for range min(lanes, len(g.list)) {
		all.Go(func() {
			for d := range next {
				if ctx.Err() != nil {
					return
				}
				h.try(ctx, s, d.ID)
			}
		})
	}
	all.Wait()
}

// try makes one attempt, if it is due and nothing stands against it.
func (h *Hooks) try(ctx context.Context, s ledger.Store, id string) {
	d, e, err := h.claim(ctx, s, id)
	if err != nil || d == nil {
		return // the next Drain finds it
	}
	began, code := h.env.Time(), CodeNoSecret
	if secrets, err := h.secrets(ctx, e); err == nil {
		if !began.Before(d.Work.Due) { // the process was held up: another may be at it
			return
		}
		sending, done := context.WithTimeout(ctx, h.c.Timeout)
		code = h.c.post(sending, h.client, e.URL, h.header(d, began, secrets), d.Body)
		done()
		if ctx.Err() != nil && code != "" {
			return // the host stops: the lease ends, and the attempt is made again
		}
	}
	_ = h.settle(context.WithoutCancel(ctx), s, d, Attempt{At: began, Code: code, Took: h.env.Time().Sub(began)})
}

// header is what a delivery is sent with.
func (h *Hooks) header(d *Delivery, at time.Time, secrets []string) http.Header {
	return http.Header{
		"Content-Type":  {"application/json; charset=utf-8"},
		"User-Agent":    {"souk-webhook/1"},
		h.c.Header:      {sign(secrets, at, d.Body)},
		headerID:        {d.ID},
		headerTimestamp: {timestamp(at)},
		headerSignature: {signStandard(secrets, d.ID, at, d.Body)},
	}
}

// claim takes a delivery for one attempt. It returns none if there is nothing to do now.
func (h *Hooks) claim(ctx context.Context, s ledger.Store, id string) (d *Delivery, e *stored, err error) {
	take := false
	_, err = h.env.Update(ctx, s, func(u *ledger.Unit) error {
		take = false
		if d, err = deliveryKind.Get(u, id); err != nil {
			return err
		}
		if !d.Work.Open() || u.At().Before(d.Work.Due) {
			return nil
		}
		if d.Status != Pending { // its body is not kept any longer
			d.Body = nil
			d.Work.Done()
			return deliveryKind.Put(u, id, d)
		}
		if e, err = endpointKind.Get(u, d.Endpoint); err != nil {
			return err
		}
		wait, code, err := h.stands(u, d, e)
		switch {
		case err != nil:
			return err
		case code == CodeDeleted, code != "" && !u.At().Before(d.Expires):
			h.over(d, u.At(), Failed, code)
		case code != "":
			d.Code = code
			d.Work.Later(earlier(wait, d.Expires))
		default:
			if take = true; d.Work.Claim != "" { // who held it has not come back
				d.note(Attempt{At: d.Work.Taken, Code: CodeGivenUp})
			}
			d.Work.Take(u.NewID("claim_"), u.At(), h.c.Timeout+lease)
		}
		return deliveryKind.Put(u, id, d)
	})
	if err != nil || !take {
		return nil, nil, err
	}
	return d, e, nil
}

// lease is how much longer than its time an attempt is somebody's.
const lease = 30 * time.Second

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// stands is what stands against an attempt now, and until when; no code: nothing does.
func (h *Hooks) stands(u *ledger.Unit, d *Delivery, e *stored) (until time.Time, code string, err error) {
	switch {
	case e.Status == Deleted:
		return u.At(), CodeDeleted, nil
	case e.Status == Disabled:
		return u.At().Add(time.Hour), CodeDisabled, nil
	case u.At().Before(e.Retry):
		return e.Retry, CodeEndpoint, nil
	case !e.Ordered:
		return until, "", nil
	}
	list, err := u.Find(ledger.Query{Kind: deliveryKind.Name, Name: "open", Value: d.Endpoint + " " + d.About, Limit: 1})
	if err != nil || len(list) == 0 || list[0].ID.ID == d.ID {
		return until, "", err
	}
	first, err := deliveryKind.Decode(list[0])
	if err != nil {
		return until, "", err
	}
	until = u.At().Add(time.Second)
	if first.Work.Due.After(until) {
		until = first.Work.Due
	}
	return until, CodeEarlier, nil
}

func (d *Delivery) note(a Attempt) {
	const kept = 20
	if d.Tries++; len(d.Attempts) >= kept {
		d.Attempts = slices.Clone(d.Attempts[len(d.Attempts)-kept+1:])
	}
	d.Attempts = append(d.Attempts, a)
}

// over ends a delivery, and keeps its body for a while.
func (h *Hooks) over(d *Delivery, at time.Time, to DeliveryStatus, code string) {
	d.end(at, to, code)
	d.Work.Later(at.Add(h.c.Keep))
}

// settle keeps what became of an attempt. One whose lease has gone to another changes
// nothing (promise 60).
func (h *Hooks) settle(ctx context.Context, s ledger.Store, was *Delivery, a Attempt) error {
	_, err := h.env.Update(ctx, s, func(u *ledger.Unit) error {
		d, err := deliveryKind.Get(u, was.ID)
		if err != nil || d.Work.Claim != was.Work.Claim {
			return err
		}
		d.note(a)
		if a.Code == "" {
			h.over(d, u.At(), Succeeded, "")
		} else {
			d.Code = a.Code
			next := u.At().Add(h.c.Retries[min(d.Tries, len(h.c.Retries))-1])
			if d.Tries > len(h.c.Retries) || !next.Before(d.Expires) && !u.At().Before(d.Expires) {
				h.over(d, u.At(), Failed, a.Code)
			} else {
				d.Work.Later(earlier(next, d.Expires))
			}
		}
		if err := h.answered(u, d.Endpoint, a.Code); err != nil {
			return err
		}
		return deliveryKind.Put(u, d.ID, d)
	})
	return err
}

// answered follows whether an endpoint is there. It is written where that changes, and at
// each failure: while it fails, one attempt at a time finds out. Where it answers, but not
// well, other events go on: it may be this one that it cannot take (promise 58).
func (h *Hooks) answered(u *ledger.Unit, id, code string) error {
	took := code == ""
	e, err := endpointKind.Get(u, id)
	if err != nil || e.Status != Enabled || took && e.FailingSince.IsZero() {
		return err
	}
	if took {
		e.FailingSince, e.Failures, e.Retry = time.Time{}, 0, time.Time{}
		return h.put(u, e, "")
	}
	if e.FailingSince.IsZero() {
		e.FailingSince = u.At()
	}
	if e.Failures++; !strings.HasPrefix(code, "http_") && code != CodeRedirect { // it is not there for other events either
		e.Retry = u.At().Add(min(h.c.Retries[min(e.Failures, len(h.c.Retries))-1], time.Hour))
	}
	if u.At().Sub(e.FailingSince) < h.c.DisableAfter {
		return h.put(u, e, "")
	}
	e.Status, e.Reason = Disabled, reasonFailing
	return h.put(u, e, EventEndpointDisabled)
}
