package connect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
)

// UnbookedNotice is what is kept of a notice. Where it could not be booked, as
// UnbookedNotices lists them, somebody must look at it.
type UnbookedNotice struct {
	ID        string       `json:"id"`
	Acquirer  string       `json:"acquirer"`
	Notice    string       `json:"notice"` // the acquirer's id of it
	Event     string       `json:"event"`  // what the acquirer calls it
	Key       string       `json:"key,omitzero"`
	Status    AnswerStatus `json:"status,omitzero"`
	Code      string       `json:"code,omitzero"`
	Reference string       `json:"reference,omitzero"`
	Amount    ledger.Money `json:"amount,omitzero"` // zero where it was of no currency
	Heard     time.Time    `json:"heard"`
	Reason    string       `json:"reason,omitzero"` // why it was not booked; empty if it was
}

// noticeKind is what is kept of notices.
var noticeKind = ledger.Kind[UnbookedNotice]{
	Name:   "connect.notice",
	Prefix: "ntc_",
	Keys: func(n *UnbookedNotice) []ledger.Key {
		if n.Reason == "" {
			return nil // it is only remembered
		}
		return []ledger.Key{{Name: "acquirer", Value: n.Acquirer, At: n.Heard}}
	},
	Columns: []ledger.Column{
		{Name: "acquirer", Path: "acquirer"}, {Name: "notice", Path: "notice"}, {Name: "event", Path: "event"},
		{Name: "request", Path: "key"}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "reference", Path: "reference"}, {Name: "reason", Path: "reason"}, {Name: "heard", Path: "heard", Type: ledger.TimeColumn},
	},
}

// noticeID names what is kept of a notice: one object for each, however long its id.
func noticeID(acquirer, id string) string {
	sum := sha256.Sum256([]byte(acquirer + " " + id))
	return noticeKind.Prefix + hex.EncodeToString(sum[:16])
}

// keep keeps of a notice what can be kept: whatever an acquirer says must not stop
// what it says next.
func keep(acquirer, id string, n Notice, why string) *UnbookedNotice {
	a := n.News.Answer
	if d := n.Dispute; d != nil && n.News.Key == "" {
		n.News.Key, a.Status, a.Code, a.Reference, a.Amount = d.Key, AnswerStatus(d.Status), d.Reason, d.ID, d.Amount
	}
	if w := n.Warning; w != nil && n.News.Key == "" && n.Dispute == nil {
		n.News.Key, a.Code, a.Reference, a.Amount = w.Key, w.FraudType, w.ID, w.Amount
	}
	kept := &UnbookedNotice{
		ID: id, Acquirer: acquirer, Notice: clip(n.ID), Event: clip(n.Event), Key: clip(n.News.Key), Status: AnswerStatus(clip(string(a.Status))),
		Code: clip(a.Code), Reference: clip(a.Reference), Reason: clip(why),
	}
	if a.Amount.Currency().Valid() {
		kept.Amount = a.Amount
	}
	return kept
}

// UnbookedNotices returns one page of what Notify could not book of the engine's
// acquirer, newest first. Of the request, After and Limit count.
func (e *Engine) UnbookedNotices(ctx context.Context, r ListRequest) (*List[UnbookedNotice], error) {
	page, err := e.unbookedNotices(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("connect: unbooked notices: %w", err)
	}
	return page, nil
}

func (e *Engine) unbookedNotices(ctx context.Context, r ListRequest) (*List[UnbookedNotice], error) {
	if err := e.start(ctx); err != nil {
		return nil, err
	}
	if r.Limit == 0 {
		r.Limit = defaultList
	}
	if r.Limit < 1 || r.Limit > maxList {
		return nil, badField("invalid_limit", "limit", "a page holds 1 to 100 objects")
	}
	if r.AccountID+r.ChargeID+r.TransferID != "" {
		return nil, badField("invalid_request", "account", "notices are those of the engine's acquirer")
	}
	q := ledger.Query{Kind: noticeKind.Name, Name: "acquirer", Value: acquirerName(e), Desc: true, Limit: r.Limit + 1}
	if r.After != "" {
		last, err := noticeKind.Read(ctx, e.c.Store, r.After)
		if err != nil || last.Acquirer != q.Value {
			return nil, badField("invalid_cursor", "after", "this is not the id of a notice in the list")
		}
		q.After = ledger.Place{At: last.Heard, ID: last.ID}
	}
	var list []ledger.Object
	err := e.c.Store.Read(ctx, func(v ledger.View) (err error) {
		list, err = v.Find(q)
		return err
	})
	if err != nil {
		return nil, err
	}
	page := &List[UnbookedNotice]{More: len(list) > r.Limit}
	for _, o := range list[:min(len(list), r.Limit)] {
		n, err := noticeKind.Decode(o)
		if err != nil {
			return nil, err
		}
		page.Items = append(page.Items, n)
	}
	return page, nil
}
