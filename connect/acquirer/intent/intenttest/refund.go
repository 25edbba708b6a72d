package intenttest

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// refund is a refund.
type refund struct {
	id, intent, currency, status, reason string
	amount                               int64
	created                              time.Time
	meta                                 map[string]string
}

func (f *refund) json() map[string]any {
	m := map[string]any{
		"id": f.id, "object": "refund", "amount": f.amount, "currency": f.currency, "status": f.status, "payment_intent": f.intent,
		"created": f.created.Unix(), "metadata": f.meta,
	}
	if f.reason != "" {
		m["failure_reason"] = f.reason
	}
	return m
}

// refund gives captured money back.
func (s *Server) refund(form url.Values) result {
	i, ok := s.intents[form.Get("payment_intent")]
	if !ok {
		return invalid("resource_missing")
	}
	amount, code := unitsOf(i.currency, form.Get("amount"))
	switch {
	case code != "":
		return invalid(code)
	case i.received == 0:
		return invalid("charge_not_captured")
	case amount > i.received-i.gone:
		return invalid("charge_already_refunded")
	}
	f := &refund{
		id: s.id("re_"), intent: i.id, currency: i.currency, amount: amount, status: "succeeded", created: s.env.Time(), meta: metadata(form, nil),
	}
	switch i.method {
	case RefundPending:
		f.status = "pending"
	case RefundDeclined:
		f.status, f.reason = "failed", "expired_or_canceled_card"
	}
	if f.status != "failed" {
		i.gone += amount
	}
	s.refunds[f.id] = f
	s.order = append(s.order, f.id)
	s.emit("refund.created", f.json())
	return result{200, f.json()}
}

// list shows intents or refunds, newest first.
func (s *Server) list(form url.Values, prefix string) result {
	limit, err := strconv.Atoi(form.Get("limit"))
	if err != nil || limit < 1 || limit > 100 {
		limit = 10
	}
	since, err := strconv.ParseInt(form.Get("created[gte]"), 10, 64)
	if err != nil {
		since = 0
	}
	after, begun := form.Get("starting_after"), form.Get("starting_after") == ""
	data, more := []any{}, false
	for _, id := range slices.Backward(s.order) {
		switch {
		case !strings.HasPrefix(id, prefix):
			continue
		case !begun:
			begun = id == after
			continue
		}
		var shown map[string]any
		if i, ok := s.intents[id]; ok {
			if shown = i.json(form.Get("expand[]") == "data.latest_charge"); i.created.Unix() < since {
				continue
			}
		} else {
			f := s.refunds[id]
			if of := form.Get("payment_intent"); of != "" && of != f.intent || f.created.Unix() < since {
				continue
			}
			shown = f.json()
		}
		if len(data) == limit {
			more = true
			break
		}
		data = append(data, shown)
	}
	return result{200, map[string]any{"object": "list", "data": data, "has_more": more}}
}

var clause = regexp.MustCompile(`metadata\['([^']+)'\]:"((?:[^"\\]|\\.)*)"`)

// search finds intents by their metadata, once they are old enough to be found.
func (s *Server) search(form url.Values) result {
	data := []any{}
	for _, id := range slices.Backward(s.order) {
		i, ok := s.intents[id]
		if !ok || s.env.Time().Before(i.created.Add(s.cfg.Lag)) {
			continue
		}
		for _, c := range clause.FindAllStringSubmatch(form.Get("query"), -1) {
			if value := strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(c[2]); value != "" && i.meta[c[1]] == value {
				data = append(data, i.json(form.Get("expand[]") == "data.latest_charge"))
				break
			}
		}
	}
	return result{200, map[string]any{"object": "search_result", "data": data, "has_more": false}}
}
