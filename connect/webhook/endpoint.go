package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// Endpoint is where events of a platform are delivered.
type Endpoint struct {
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	URL         string            `json:"url"`
	Types       []string          `json:"types,omitzero"` // only these; "charge.*" is all that begin so. None: all
	Of          Source            `json:"of,omitzero"`
	Ordered     bool              `json:"ordered,omitzero"` // what happened to one object is delivered one after the other, and waits for what failed
	Description string            `json:"description,omitzero"`
	Metadata    map[string]string `json:"metadata,omitzero"`
	Status      EndpointStatus    `json:"status"`
	Created     time.Time         `json:"created"`

	// FailingSince is when it was first not there, since it last was; zero: it is. Retry is
	// when it is tried again.
	FailingSince time.Time `json:"failingSince,omitzero"`
	Failures     int       `json:"failures,omitzero"` // attempts since then
	Retry        time.Time `json:"retry,omitzero"`
	Reason       string    `json:"reason,omitzero"` // why it is disabled: "failing", or what the platform said
}

// Source says whose events an endpoint takes.
type Source string

// The sources of events.
const (
	OfAll      Source = ""         // of the platform and of its accounts
	OfPlatform Source = "platform" // what is of no account
	OfAccounts Source = "accounts" // what is of an account
)

// EndpointStatus is what an endpoint is.
type EndpointStatus string

// The states of an endpoint.
const (
	Enabled  EndpointStatus = "enabled"
	Disabled EndpointStatus = "disabled" // its deliveries wait, until they end
	Deleted  EndpointStatus = "deleted"  // for good
)

// The events about endpoints, which none is told of but Subscribe.
const (
	EventEndpointCreated  = "webhook.endpoint.created"
	EventEndpointUpdated  = "webhook.endpoint.updated"
	EventEndpointDisabled = "webhook.endpoint.disabled"
	EventEndpointDeleted  = "webhook.endpoint.deleted"
)

// stored is an endpoint as it is kept.
type stored struct {
	Endpoint
	Secrets []storedSecret `json:"secrets,omitzero"` // the newest first
}

type storedSecret struct {
	Name   string    `json:"name"`
	Sealed []byte    `json:"sealed"`
	Until  time.Time `json:"until,omitzero"` // zero: for good
}

var endpointKind = ledger.Kind[stored]{
	Name: "webhook.endpoint", Prefix: "we_",
	Keys: func(e *stored) []ledger.Key {
		if e.Status == Deleted {
			return nil
		}
		return []ledger.Key{{Name: "platform", Value: e.Platform, At: e.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "url", Path: "url"}, {Name: "status", Path: "status"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// EndpointRequest creates an endpoint.
type EndpointRequest struct {
	Key         string            `json:"-"` // the idempotency key
	URL         string            `json:"url,omitzero"`
	Types       []string          `json:"types,omitzero"` // at most 100
	Of          Source            `json:"of,omitzero"`
	Ordered     bool              `json:"ordered,omitzero"`
	Description string            `json:"description,omitzero"` // at most 500 bytes
	Metadata    map[string]string `json:"metadata,omitzero"`    // at most 50, of names up to 40 and values up to 500 bytes
}

// NewEndpoint is an endpoint with its secret, which is told once.
type NewEndpoint struct {
	Endpoint
	Secret   connect.Secret
	Replayed bool // the key was used before: the secret is the one that the endpoint has now
}

// CreateEndpoint lets a platform's events be delivered to an address, those from now on.
// An address that may not be called is forbidden_url; more endpoints than Config.Endpoints
// are ledger.State, too_many_endpoints.
func (h *Hooks) CreateEndpoint(ctx context.Context, p *connect.Platform, r EndpointRequest) (*NewEndpoint, error) {
	wrap := func(err error) (*NewEndpoint, error) { return nil, fmt.Errorf("webhook: create endpoint: %w", err) }
	if err := ledger.CheckKey(r.Key); err != nil {
		return wrap(err)
	}
	e := stored{Endpoint: Endpoint{
		Platform: p.ID(), URL: r.URL, Types: slices.Clone(r.Types), Of: r.Of, Ordered: r.Ordered, Description: r.Description, Metadata: maps.Clone(r.Metadata), Status: Enabled,
	}}
	if err := h.check(&e.Endpoint); err != nil {
		return wrap(err)
	}
	if err := h.reachable(ctx, r.URL); err != nil {
		return wrap(err)
	}
	hash, err := ledger.HashRequest("create webhook endpoint", &r)
	if err != nil {
		return wrap(err)
	}
	secret := newSecret()
	first, err := h.seal(ctx, p.ID(), secret)
	if err != nil {
		return wrap(err)
	}
	e.Secrets = []storedSecret{first}
	receipt, err := h.env.Update(ctx, h.store(), func(u *ledger.Unit) error {
		if err := u.Under(ledger.Idem{Scope: "webhook " + p.ID(), Key: r.Key, Hash: hash}); err != nil {
			return err
		}
		list, err := endpointsOf(u, p.ID())
		if err != nil {
			return err
		}
		if len(list) >= h.c.Endpoints {
			return &ledger.Error{Class: ledger.State, Code: "too_many_endpoints", Field: "platform", Msg: fmt.Sprintf("a platform has %d at most", h.c.Endpoints)}
		}
		e.ID, e.Created = u.NewID(endpointKind.Prefix), u.At()
		if err := startFeed(u, p.ID()); err != nil {
			return err
		}
		return h.put(u, &e, EventEndpointCreated)
	})
	if err != nil {
		return wrap(err)
	}
	if !receipt.ByKey {
		return &NewEndpoint{Endpoint: e.Endpoint, Secret: secret}, nil
	}
	for _, made := range receipt.Made {
		if made.Kind == endpointKind.Name {
			old, err := endpointKind.Read(ctx, h.store(), made.ID)
			if err != nil {
				return wrap(err)
			}
			list, err := h.secrets(ctx, old)
			if err != nil {
				return wrap(err)
			}
			return &NewEndpoint{Endpoint: old.Endpoint, Secret: connect.NewSecret(list[0]), Replayed: true}, nil
		}
	}
	return wrap(notFound())
}

func (h *Hooks) store() ledger.Store { return h.c.Engine.Store() }

// endpointsOf are those of a platform that are not deleted, as they are stored.
func endpointsOf(u *ledger.Unit, platform string) (list []*stored, err error) {
	q := ledger.Query{Kind: endpointKind.Name, Name: "platform", Value: platform, Limit: ledger.MaxPage}
	for {
		page, err := u.Find(q)
		if err != nil {
			return nil, err
		}
		for _, o := range page {
			e, err := endpointKind.Decode(o)
			if err != nil {
				return nil, err
			}
			list = append(list, e)
		}
		if len(page) < ledger.MaxPage {
			return list, nil
		}
		last := page[len(page)-1]
		q.After = last.PlaceIn(q)
	}
}

func (h *Hooks) put(u *ledger.Unit, e *stored, event string) error {
	if event != "" {
		u.Emit(ledger.Event{Type: event, Platform: e.Platform, Object: endpointKind.ID(e.ID)})
	}
	return endpointKind.Put(u, e.ID, e)
}

// check refuses what an endpoint cannot be.
func (h *Hooks) check(e *Endpoint) error {
	bad := func(field, msg string) error {
		return &ledger.Error{Class: ledger.Invalid, Code: "invalid_request", Field: field, Msg: msg}
	}
	switch {
	case e.Of != OfAll && e.Of != OfPlatform && e.Of != OfAccounts:
		return bad("of", "it is of all, of the platform or of the accounts")
	case len(e.Types) > 100 || slices.ContainsFunc(e.Types, badType):
		return bad("types", `there are at most 100, such as "charge.succeeded", "charge.*" and "*"`)
	case len(e.Description) > 500:
		return bad("description", "it has at most 500 bytes")
	case len(e.Metadata) > 50:
		return bad("metadata", "it has at most 50 entries")
	}
	for k, v := range e.Metadata {
		if k == "" || len(k) > 40 || len(v) > 500 {
			return bad("metadata", "a name has 1 to 40 bytes and a value at most 500")
		}
	}
	_, err := h.c.checkURL(e.URL)
	return err
}

// reachable refuses an address that a name server gives, and may not be called. A name that
// is not found yet may be later: it is looked up again at each delivery.
func (h *Hooks) reachable(ctx context.Context, text string) error {
	u, err := h.c.checkURL(text)
	if err != nil {
		return err
	}
	ctx, done := context.WithTimeout(ctx, h.c.Timeout)
	defer done()
	if _, err := h.c.resolve(ctx, u.Hostname()); errors.Is(err, errForbidden) {
		return forbidden("its address is not public")
	}
	return nil
}

func badType(t string) bool {
	name := strings.TrimSuffix(t, "*")
	return t == "" || len(t) > 64 || name != t && name != "" && !strings.HasSuffix(name, ".") || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_.") != ""
}

// takes tells whether an event is for an endpoint.
func (e *Endpoint) takes(eventType, account string) bool {
	if e.Of == OfPlatform && account != "" || e.Of == OfAccounts && account == "" {
		return false
	}
	return len(e.Types) == 0 || slices.ContainsFunc(e.Types, func(t string) bool {
		name, all := strings.CutSuffix(t, "*")
		return t == eventType || all && strings.HasPrefix(eventType, name)
	})
}

func notFound() error {
	return &ledger.Error{Class: ledger.NotFound, Code: "not_found", Field: "id", Op: "webhook", Msg: "there is no such endpoint or delivery"}
}

// GetEndpoint returns an endpoint of a platform's. One that is another's, or deleted, is
// ledger.NotFound like one that never was.
func (h *Hooks) GetEndpoint(ctx context.Context, p *connect.Platform, id string) (*Endpoint, error) {
	e, err := endpointKind.Read(ctx, h.store(), id)
	if err != nil || e.Platform != p.ID() || e.Status == Deleted {
		return nil, missing(err)
	}
	return &e.Endpoint, nil
}

func missing(err error) error {
	if err != nil && !errors.Is(err, ledger.NotFound) {
		return err
	}
	return notFound()
}

// Endpoints are those of a platform, the oldest first.
func (h *Hooks) Endpoints(ctx context.Context, p *connect.Platform) iter.Seq2[*Endpoint, error] {
	return func(yield func(*Endpoint, error) bool) {
		var list []*stored
		_, err := h.env.Update(ctx, h.store(), func(u *ledger.Unit) (err error) {
			list, err = endpointsOf(u, p.ID())
			return err
		})
		if err != nil {
			yield(nil, err)
			return
		}
		for _, e := range list {
			if !yield(&e.Endpoint, nil) {
				return
			}
		}
	}
}

// EndpointUpdate changes an endpoint; what is nil stays as it is.
type EndpointUpdate struct {
	EndpointID  string
	URL         *string
	Types       *[]string
	Of          *Source
	Ordered     *bool
	Description *string
	Metadata    map[string]string // set; an empty value removes the entry
	Disable     string            // why it gets nothing any more; at most 500 bytes
	Enable      bool              // it does again; of what happened while it was failing, what has not expired
}

// UpdateEndpoint changes an endpoint. What is under way goes to the address that it had.
func (h *Hooks) UpdateEndpoint(ctx context.Context, p *connect.Platform, r EndpointUpdate) (*Endpoint, error) {
	if r.Enable && r.Disable != "" || len(r.Disable) > 500 {
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_request", Field: "disable", Op: "webhook: update endpoint", Msg: "it is enabled or disabled, for a reason of at most 500 bytes"}
	}
	if r.URL != nil {
		if err := h.reachable(ctx, *r.URL); err != nil {
			return nil, fmt.Errorf("webhook: update endpoint: %w", err)
		}
	}
	return h.change(ctx, p, r.EndpointID, EventEndpointUpdated, func(_ *ledger.Unit, e *stored) error {
		set(&e.URL, r.URL)
		set(&e.Types, r.Types)
		set(&e.Of, r.Of)
		set(&e.Ordered, r.Ordered)
		set(&e.Description, r.Description)
		if e.Metadata = maps.Clone(e.Metadata); e.Metadata == nil {
			e.Metadata = make(map[string]string)
		}
		maps.Copy(e.Metadata, r.Metadata)
		maps.DeleteFunc(e.Metadata, func(_, v string) bool { return v == "" })
		switch {
		case r.Disable != "":
			e.Status, e.Reason = Disabled, r.Disable
		case r.Enable:
			e.Status, e.Reason = Enabled, ""
			e.FailingSince, e.Failures, e.Retry = time.Time{}, 0, time.Time{}
		}
		return h.check(&e.Endpoint)
	})
}

func set[T any](to *T, v *T) {
	if v != nil {
		*to = *v
	}
}

// DeleteEndpoint ends an endpoint for good; nothing more is sent to it.
func (h *Hooks) DeleteEndpoint(ctx context.Context, p *connect.Platform, id string) error {
	_, err := h.change(ctx, p, id, EventEndpointDeleted, func(_ *ledger.Unit, e *stored) error {
		e.Status, e.Secrets = Deleted, nil
		return nil
	})
	return err
}

// RollSecret gives an endpoint a new secret, told here alone. The old one signs beside it
// for Config.Roll.
func (h *Hooks) RollSecret(ctx context.Context, p *connect.Platform, id string) (*NewEndpoint, error) {
	secret := newSecret()
	next, err := h.seal(ctx, p.ID(), secret)
	if err != nil {
		return nil, err
	}
	e, err := h.change(ctx, p, id, EventEndpointUpdated, func(u *ledger.Unit, e *stored) error {
		kept := []storedSecret{next}
		for _, old := range e.Secrets {
			if until := u.At().Add(h.c.Roll); old.Until.IsZero() {
				old.Until = until
			}
			if u.At().Before(old.Until) && len(kept) < 4 {
				kept = append(kept, old)
			}
		}
		e.Secrets = kept
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &NewEndpoint{Endpoint: *e, Secret: secret}, nil
}

func (h *Hooks) change(ctx context.Context, p *connect.Platform, id, event string, fn func(*ledger.Unit, *stored) error) (*Endpoint, error) {
	var e *stored
	_, err := h.env.Update(ctx, h.store(), func(u *ledger.Unit) (err error) {
		if e, err = endpointKind.Get(u, id); err != nil || e.Platform != p.ID() || e.Status == Deleted {
			return missing(err)
		}
		if err := fn(u, e); err != nil {
			return err
		}
		return h.put(u, e, event)
	})
	if err != nil {
		return nil, fmt.Errorf("webhook: endpoint: %w", err)
	}
	return &e.Endpoint, nil
}

// seal keeps a secret under a name of its own.
func (h *Hooks) seal(ctx context.Context, platform string, s connect.Secret) (storedSecret, error) {
	x := storedSecret{Name: h.env.ID("whs_"), Sealed: []byte(s.Plain())}
	if h.c.Sealer == nil {
		return x, nil
	}
	var err error
	x.Sealed, err = h.c.Sealer.Seal(ctx, platform, x.Name, x.Sealed)
	return x, err
}

// secrets are those of an endpoint that sign now, the newest first.
func (h *Hooks) secrets(ctx context.Context, e *stored) (list []string, err error) {
	now := h.env.Time()
	for _, x := range e.Secrets {
		if !x.Until.IsZero() && !now.Before(x.Until) {
			continue
		}
		clear := x.Sealed
		if h.c.Sealer != nil {
			if clear, err = h.c.Sealer.Open(ctx, e.Platform, x.Name, x.Sealed); err != nil {
				return nil, err
			}
		}
		list = append(list, string(clear))
	}
	if len(list) == 0 {
		return nil, noSecret()
	}
	return list, nil
}

// newSecret has 260 random bits, as the base64 of 39 bytes.
func newSecret() connect.Secret {
	return connect.NewSecret(secretPrefix + ledger.Secret() + ledger.Secret())
}

// accountOf is the account that an object is of; empty: none.
func accountOf(o *ledger.Object) string {
	if o.Kind == "connect.account" {
		return o.ID.ID
	}
	var x struct {
		Account string `json:"account"`
		To      string `json:"to"`
	}
	if json.Unmarshal(o.Data, &x) != nil {
		return ""
	}
	if x.Account == "" && strings.HasPrefix(x.To, "acct_") {
		return x.To
	}
	return x.Account
}
