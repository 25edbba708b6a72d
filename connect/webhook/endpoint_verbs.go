package webhook

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/soukhq/souk/ledger"
)

// maxEndpoints is how many a platform may have.
const maxEndpoints = 1000

// Platform is a platform's endpoints and deliveries. Its verbs act on its own alone.
type Platform struct {
	h     *Hooks
	id    string
	store ledger.Store
}

// Platform returns the endpoints of a registered platform.
func (h *Hooks) Platform(ctx context.Context, id string) (*Platform, error) {
	if _, err := h.eng.Platform(ctx, id); err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	return &Platform{h, id, h.eng.Store()}, nil
}

// In returns the platform's verbs inside a store that is the host's own transaction.
func (p *Platform) In(s ledger.Store) *Platform { return &Platform{p.h, p.id, s} }

// Preview returns the platform's verbs on a copy that nobody keeps.
func (p *Platform) Preview() *Platform { return p.In(ledger.Overlay(p.store)) }

// EndpointRequest asks for an endpoint.
type EndpointRequest struct {
	Key         string            `json:"-"`
	URL         string            `json:"url"`            // https, up to 2,048 characters; its host has public addresses alone
	Types       []string          `json:"types,omitzero"` // up to 100; none: all
	Source      Source            `json:"source,omitzero"`
	Order       Order             `json:"order,omitzero"`
	Description string            `json:"description,omitzero"` // up to 500 characters
	Metadata    map[string]string `json:"metadata,omitzero"`    // up to 50, keys of up to 40 characters, values of up to 500
}

// EndpointUpdate changes an endpoint. What is zero stays.
type EndpointUpdate struct {
	ID          string
	URL         string
	Types       []string // ["*"] for all
	Source      *Source
	Order       *Order // of events from now on
	Description *string
	Metadata    map[string]string // replaces what was there
	Disabled    *bool             // false enables it; what came while it was disabled is missed, and can be replayed
}

// Create makes an endpoint. It gets the events that happen from now on. The answer has its
// secret, and has it again for the same Key.
func (p *Platform) Create(ctx context.Context, r EndpointRequest) (*Endpoint, error) {
	wrap := func(err error) (*Endpoint, error) { return nil, fmt.Errorf("webhook: create: %w", err) }
	e := &Endpoint{ID: p.h.env.ID(endpointKind.Prefix), Platform: p.id, APIVersion: APIVersion}
	u := EndpointUpdate{URL: r.URL, Types: r.Types, Source: &r.Source, Order: &r.Order, Description: &r.Description, Metadata: r.Metadata}
	hash, err := ledger.HashRequest("webhook.create", &r)
	if err == nil {
		err = ledger.CheckKey(r.Key)
	}
	if err == nil {
		err = p.change(e, u)
	}
	if err == nil {
		err = p.h.guard.check(ctx, r.URL)
	}
	var secret string
	var info SecretInfo
	if err == nil {
		secret, info, err = p.newSecret(ctx, e.ID)
	}
	if err != nil {
		return wrap(err)
	}
	e.Secrets = []SecretInfo{info}
	receipt, err := p.h.env.Update(ctx, p.store, func(u *ledger.Unit) error {
		if err := u.Under(ledger.Idem{Scope: p.id + "/webhook", Key: r.Key, Hash: hash}); err != nil {
			return err
		}
		list, err := u.Find(ledger.Query{Kind: endpointKind.Name, Name: "platform", Value: p.id, Limit: maxEndpoints})
		if err != nil {
			return err
		}
		if len(list) >= maxEndpoints {
			return &ledger.Error{Class: ledger.State, Code: "too_many_endpoints", Field: "url", Msg: "a platform has at most 1,000"}
		}
		e.Created, e.Secrets[0].Created = u.At(), u.At()
		if err := startFeed(u, p.id); err != nil {
			return err
		}
		return endpointKind.Put(u, e.ID, e)
	})
	if err != nil {
		return wrap(err)
	}
	if receipt.ByKey {
		return p.again(ctx, receipt)
	}
	made := e.shown()
	made.Secret = secret
	return made, nil
}

// again answers a request whose key was used before, with the secret: the first answer
// may have been lost.
func (p *Platform) again(ctx context.Context, r *ledger.Receipt) (*Endpoint, error) {
	for _, id := range r.Made {
		if id.Kind != endpointKind.Name {
			continue
		}
		e, err := endpointKind.Read(ctx, p.store, id.ID)
		if err != nil {
			return nil, err
		}
		if e.Deleted { // and its secrets with it
			break
		}
		made := e.shown()
		made.Replayed = true
		made.Secret, err = p.h.open(ctx, e.ID, &e.Secrets[0])
		return made, err
	}
	return nil, fmt.Errorf("webhook: create: %w", notFound("endpoint"))
}

// change checks and puts what an update says.
func (p *Platform) change(e *Endpoint, r EndpointUpdate) error {
	if err := checkTypes(r.Types); err != nil {
		return err
	}
	if r.URL != "" {
		e.URL = r.URL
	}
	if r.Types != nil {
		e.Types = slices.Clone(r.Types)
	}
	if r.Source != nil {
		e.Source = *r.Source
	}
	if r.Order != nil {
		e.Order = *r.Order
	}
	if r.Description != nil {
		e.Description = *r.Description
	}
	if r.Metadata != nil {
		e.Metadata = maps.Clone(r.Metadata)
	}
	switch {
	case e.Source != All && e.Source != OfPlatform && e.Source != OfAccounts:
		return bad("invalid_source", "source", "events are of the platform, of accounts, or all")
	case e.Order != ByObject && e.Order != ByFeed && e.Order != Unsorted:
		return bad("invalid_order", "order", "events are in order by object, by endpoint, or not")
	case len(e.Description) > 500 || !utf8.ValidString(e.Description):
		return bad("invalid_description", "description", "it has up to 500 bytes of text")
	case len(e.Metadata) > 50:
		return bad("invalid_metadata", "metadata", "there are at most 50")
	}
	for k, v := range e.Metadata {
		if k == "" || len(k) > 40 || len(v) > 500 || !utf8.ValidString(k+v) {
			return bad("invalid_metadata", "metadata", "a key has up to 40 bytes and a value up to 500")
		}
	}
	_, err := p.h.guard.parse(e.URL)
	return err
}

// mine returns an endpoint of the platform's.
func (p *Platform) mine(u *ledger.Unit, id string) (*Endpoint, error) {
	e, err := endpointKind.Get(u, id)
	if errors.Is(err, ledger.NotFound) || err == nil && (e.Platform != p.id || e.Deleted) {
		return nil, notFound("endpoint")
	}
	return e, err
}

// update changes an endpoint in a unit of work.
func (p *Platform) update(ctx context.Context, verb, id string, fn func(*ledger.Unit, *Endpoint) error) (*Endpoint, error) {
	var shown *Endpoint
	_, err := p.h.env.Update(ctx, p.store, func(u *ledger.Unit) error {
		e, err := p.mine(u, id)
		if err != nil {
			return err
		}
		if err := fn(u, e); err != nil {
			return err
		}
		shown = e.shown()
		return endpointKind.Put(u, id, e)
	})
	if err != nil {
		return nil, fmt.Errorf("webhook: %s: %w", verb, err)
	}
	return shown, nil
}

// Update changes an endpoint. Bodies that were made stay as they are.
func (p *Platform) Update(ctx context.Context, r EndpointUpdate) (*Endpoint, error) {
	if _, err := p.Get(ctx, r.ID); err != nil { // a foreign id is not told apart by what else is wrong
		return nil, err
	}
	if r.URL != "" {
		if err := p.h.guard.check(ctx, r.URL); err != nil {
			return nil, fmt.Errorf("webhook: update: %w", err)
		}
	}
	return p.update(ctx, "update", r.ID, func(_ *ledger.Unit, e *Endpoint) error {
		if r.Disabled != nil && *r.Disabled != e.Disabled {
			e.Disabled, e.Why, e.Failing = *r.Disabled, "", time.Time{}
			if e.Disabled {
				e.Why = "by_hand"
			}
		}
		return p.change(e, r)
	})
}

// Delete ends an endpoint. What was not delivered to it is canceled.
func (p *Platform) Delete(ctx context.Context, id string) error {
	_, err := p.update(ctx, "delete", id, func(_ *ledger.Unit, e *Endpoint) error {
		e.Deleted, e.Secrets = true, nil
		return nil
	})
	return err
}

// Get returns an endpoint.
func (p *Platform) Get(ctx context.Context, id string) (*Endpoint, error) {
	e, err := endpointKind.Read(ctx, p.store, id)
	if errors.Is(err, ledger.NotFound) || err == nil && (e.Platform != p.id || e.Deleted) {
		err = notFound("endpoint")
	}
	if err != nil {
		return nil, fmt.Errorf("webhook: get: %w", err)
	}
	return e.shown(), nil
}

// List returns all endpoints of the platform, oldest first: at most 1,000.
func (p *Platform) List(ctx context.Context) ([]*Endpoint, error) {
	var list []*Endpoint
	err := p.store.Read(ctx, func(v ledger.View) (err error) {
		list, err = endpointsIn(v, p.id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("webhook: list: %w", err)
	}
	for i, e := range list {
		list[i] = e.shown()
	}
	return list, nil
}

func endpointsIn(v ledger.View, platform string) (out []*Endpoint, err error) {
	list, err := v.Find(ledger.Query{Kind: endpointKind.Name, Name: "platform", Value: platform, Limit: maxEndpoints})
	for _, o := range list {
		e, bad := endpointKind.Decode(o)
		if bad != nil {
			return nil, bad
		}
		out = append(out, e)
	}
	return out, err
}
