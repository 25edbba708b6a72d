package webhook

import (
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// APIVersion is the shape of bodies, api_version in them.
const APIVersion = "2026-12-01"

// EventEndpointDisabled tells that an endpoint was disabled since it failed for too long.
// Its object is the endpoint.
const EventEndpointDisabled = "webhook.endpoint.disabled"

// Source says whose events an endpoint gets.
type Source string

// The sources.
const (
	All        Source = ""         // all of the platform's
	OfPlatform Source = "platform" // of objects that belong to no account
	OfAccounts Source = "accounts" // of accounts, and of objects that belong to one
)

// Order says what waits for what.
type Order string

// The orders.
const (
	ByObject Order = ""         // events of one object come in their order, others beside them
	ByFeed   Order = "endpoint" // all come in the order of the feed; one that fails holds up all of the endpoint's
	Unsorted Order = "none"     // each comes as soon as it can
)

// Endpoint is a URL that gets events.
type Endpoint struct {
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	URL         string            `json:"url"`
	Types       []string          `json:"types,omitzero"` // "charge.succeeded", "charge.*"; none: all
	Source      Source            `json:"source,omitzero"`
	Order       Order             `json:"order,omitzero"`
	APIVersion  string            `json:"apiVersion"`
	Description string            `json:"description,omitzero"`
	Metadata    map[string]string `json:"metadata,omitzero"`
	Secrets     []SecretInfo      `json:"secrets"` // newest first, without the secrets themselves
	Disabled    bool              `json:"disabled,omitzero"`
	Why         string            `json:"why,omitzero"` // of Disabled: by_hand, failing
	Deleted     bool              `json:"deleted,omitzero"`
	Failing     time.Time         `json:"failing,omitzero"` // since when no attempt has succeeded; zero: the last one did
	Created     time.Time         `json:"created"`

	// Secret is the newest secret, where it was just made. It is not kept here.
	Secret string `json:"-"`
	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// SecretInfo is what is known of a secret.
type SecretInfo struct {
	ID      string    `json:"id"`
	Kept    []byte    `json:"kept,omitzero"` // as it is stored: sealed if there is a Sealer; never shown
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"` // zero: it does not
}

// inForce reports whether a secret signs at a moment.
func (s *SecretInfo) inForce(now time.Time) bool { return s.Expires.IsZero() || now.Before(s.Expires) }

var endpointKind = ledger.Kind[Endpoint]{
	Name: "webhook.endpoint", Prefix: "we_",
	Keys: func(e *Endpoint) []ledger.Key {
		if e.Deleted {
			return nil
		}
		return []ledger.Key{{Name: "platform", Value: e.Platform, At: e.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "url", Path: "url"}, {Name: "disabled", Path: "disabled", Type: ledger.BooleanColumn},
		{Name: "why", Path: "why"}, {Name: "failing", Path: "failing", Type: ledger.TimeColumn}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// shown is what a caller sees of an endpoint.
func (e *Endpoint) shown() *Endpoint {
	c := *e
	c.Secrets = make([]SecretInfo, len(e.Secrets))
	for i, s := range e.Secrets {
		s.Kept = nil
		c.Secrets[i] = s
	}
	return &c
}

// wants reports whether an event is one of the endpoint's.
func (e *Endpoint) wants(of, account string) bool {
	if e.Source == OfPlatform && account != "" || e.Source == OfAccounts && account == "" {
		return false
	}
	for _, t := range e.Types {
		if before, all := strings.CutSuffix(t, "*"); t == of || all && strings.HasPrefix(of, before) {
			return true
		}
	}
	return len(e.Types) == 0
}

// checkTypes refuses filters that can fit nothing.
func checkTypes(types []string) error {
	if len(types) > 100 {
		return bad("invalid_types", "types", "there are at most 100")
	}
	for _, t := range types {
		name := t
		if before, all := strings.CutSuffix(t, "*"); all {
			if name = strings.TrimSuffix(before, "."); name == before && before != "" {
				return bad("invalid_types", "types", "a star stands alone or after a point")
			}
			if before == "" {
				continue
			}
		}
		if name == "" || len(name) > 64 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_.") != "" {
			return bad("invalid_types", "types", `a type is like "charge.succeeded", "charge.*" or "*"`)
		}
	}
	return nil
}
