package intent

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

const (
	// recent is for how long what was made may not be found by searching. The API
	// names a minute as usual, and up to an hour in an outage, when the search is not
	// to be had.
	recent = 10 * time.Minute
	// pages of 100 are read of a list at most.
	pages = 20
)

// Find implements connect.Finder.
func (a *Acquirer) Find(ctx context.Context, key, reference string) (connect.Answer, error) {
	switch {
	case payment(reference):
		i, err := a.payment(ctx, reference)
		if err != nil {
			return connect.Answer{}, err
		}
		if i != nil {
			return i.said(key), nil
		}
	case refundName(reference):
		var r refund
		no, err := a.get(ctx, "refunds/"+reference, nil, &r)
		if err != nil {
			return connect.Answer{}, err
		}
		if no == nil {
			return r.answer(), nil
		}
	}
	return connect.Answer{}, notFound()
}

// said is what an intent says of one of its requests.
func (i *intent) said(key string) connect.Answer {
	if i.Metadata[metaCapture] != key {
		return i.answer()
	}
	captured, err := strconv.ParseInt(i.Metadata[metaCaptured], 10, 64)
	if err != nil {
		captured = 0
	}
	return connect.Answer{Status: connect.Approved, Reference: i.ID, Amount: money(captured, i.Currency)}
}

func notFound() error {
	return &ledger.Error{Class: ledger.NotFound, Code: "not_found", Op: op, Msg: "nothing was made under this key"}
}

// Lookup implements connect.Acquirer. It knows payments, the latest capture of each,
// and refunds of the last KeyLife; the engine asks by their references (Find), and
// later.
func (a *Acquirer) Lookup(ctx context.Context, key string) (connect.Answer, error) {
	i, err := a.byKey(ctx, key)
	if err != nil {
		return connect.Answer{}, err
	}
	if i != nil {
		return i.said(key), nil
	}
	since := a.env.Time().Add(-a.cfg.KeyLife).Unix()
	r, err := a.refundOf(ctx, key, url.Values{"created[gte]": {strconv.FormatInt(since, 10)}})
	if err != nil {
		return connect.Answer{}, err
	}
	if r != nil {
		return r.answer(), nil
	}
	return connect.Answer{}, notFound()
}

// byKey finds the intent of a key, or of its capture: nil if there is none. What is
// too new to be found by searching is found among the latest.
func (a *Acquirer) byKey(ctx context.Context, key string) (*intent, error) {
	quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
	query := url.Values{
		"query": {"metadata['" + metaKey + "']:" + quoted + " OR metadata['" + metaCapture + "']:" + quoted},
		"limit": {"10"}, "expand[]": {"data.latest_charge"},
	}
	mine := func(i *intent) bool { return i.Metadata[metaKey] == key || i.Metadata[metaCapture] == key }
	var found struct {
		Data []*intent `json:"data"`
	}
	no, err := a.get(ctx, "payment_intents/search", query, &found)
	if err != nil {
		return nil, err
	}
	for _, i := range found.Data {
		if no == nil && mine(i) {
			return i, nil
		}
	}
	since := a.env.Time().Add(-recent)
	if no != nil { // no search is to be had: a region's, or the account's
		since = a.env.Time().Add(-a.cfg.KeyLife)
	}
	query = url.Values{"created[gte]": {strconv.FormatInt(since.Unix(), 10)}, "expand[]": {"data.latest_charge"}}
	return list(ctx, a, "payment_intents", query, mine, func(i *intent) string { return i.ID })
}

// refundOf finds the refund of a key in a list: nil if there is none.
func (a *Acquirer) refundOf(ctx context.Context, key string, query url.Values) (*refund, error) {
	return list(ctx, a, "refunds", query, func(r *refund) bool { return r.Metadata[metaKey] == key }, func(r *refund) string { return r.ID })
}

// list reads a list of the API, newest first, until it finds what is looked for. A
// list that is too long is an error: it does not tell that there is none.
func list[T any](ctx context.Context, a *Acquirer, path string, query url.Values, fits func(*T) bool, id func(*T) string) (*T, error) {
	query.Set("limit", "100")
	for range pages {
		var page struct {
			Data    []*T `json:"data"`
			HasMore bool `json:"has_more"`
		}
		switch no, err := a.get(ctx, path, query, &page); {
		case err != nil:
			return nil, err
		case no != nil:
			return nil, a.wire.Error(ledger.Unavailable, no.code, "the API has refused its list of "+path)
		}
		for _, item := range page.Data {
			if fits(item) {
				return item, nil
			}
		}
		if !page.HasMore || len(page.Data) == 0 {
			return nil, nil
		}
		query.Set("starting_after", id(page.Data[len(page.Data)-1]))
	}
	return nil, a.wire.Error(ledger.Unavailable, "too_many", "there are too many "+path+" to find one by its key")
}
