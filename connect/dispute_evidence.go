package connect

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/soukhq/souk/ledger"
)

// Evidence is what a seller or a platform has to say about a dispute: texts and files by
// the field's names (evidenceTexts, evidenceFiles). A file is what the acquirer calls
// one that was handed to it.
type Evidence struct {
	Text  map[string]string `json:"text,omitzero"`
	Files map[string]string `json:"files,omitzero"`
}

func (e Evidence) empty() bool { return len(e.Text)+len(e.Files) == 0 }

// What evidence may hold: Stripe's API reference of 2025 has these names, 20,000
// characters a text and 150,000 in all.
const (
	mostEvidenceText = 20_000
	mostEvidence     = 150_000
)

var evidenceTexts = []string{
	"access_activity_log", "billing_address", "cancellation_policy_disclosure", "cancellation_rebuttal", "customer_email_address", "customer_name",
	"customer_purchase_ip", "duplicate_charge_explanation", "duplicate_charge_id", "product_description", "refund_policy_disclosure",
	"refund_refusal_explanation", "service_date", "shipping_address", "shipping_carrier", "shipping_date", "shipping_tracking_number", "uncategorized_text",
}

var evidenceFiles = []string{
	"cancellation_policy", "customer_communication", "customer_signature", "duplicate_charge_documentation", "receipt", "refund_policy",
	"service_documentation", "shipping_documentation", "uncategorized_file",
}

// with returns evidence with what a request sets in it; an empty value takes one out.
func (e Evidence) with(more Evidence) (Evidence, error) {
	e.Text, e.Files = maps.Clone(e.Text), maps.Clone(e.Files)
	for _, x := range []struct {
		field string
		names []string
		set   map[string]string
		into  *map[string]string
		most  int
	}{{"text", evidenceTexts, more.Text, &e.Text, mostEvidenceText}, {"files", evidenceFiles, more.Files, &e.Files, 200}} {
		for _, name := range slices.Sorted(maps.Keys(x.set)) {
			value := x.set[name]
			if holdsCard(name) || holdsCard(value) {
				return e, cardIn(x.field)
			}
			if !slices.Contains(x.names, name) {
				return e, badField("invalid_evidence", x.field, "it is no name of evidence")
			}
			if !utf8.ValidString(value) || utf8.RuneCountInString(value) > x.most {
				return e, badField("invalid_evidence", x.field+"."+name, fmt.Sprintf("it is text of at most %d characters", x.most))
			}
			if *x.into == nil {
				*x.into = make(map[string]string)
			}
			if (*x.into)[name] = value; value == "" {
				delete(*x.into, name)
			}
		}
	}
	total := 0
	for _, text := range e.Text {
		total += utf8.RuneCountInString(text)
	}
	if total > mostEvidence {
		return e, badField("invalid_evidence", "text", "all texts together have at most 150,000 characters")
	}
	return e, nil
}

// StageEvidenceRequest collects evidence.
type StageEvidenceRequest struct {
	Key       string `json:"-"`
	DisputeID string `json:"dispute,omitzero"`
	Evidence
}

// StageEvidence keeps evidence with a dispute until AnswerDispute sends it. What is
// staged and not sent in time is lost with the dispute. It is of class State, code
// already_answered, once it was sent or the dispute is decided.
func (p *Platform) StageEvidence(ctx context.Context, r StageEvidenceRequest) (*Dispute, error) {
	verb := simpleVerb[Dispute]{
		name: "stage evidence", kind: &disputeKind, target: r.DisputeID, replayed: func(d *Dispute) *bool { return &d.Replayed },
	}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Dispute, error) {
		if r.DisputeID == "" {
			return nil, badField("invalid_request", "dispute", "it names the dispute")
		}
		if r.Evidence.empty() {
			return nil, badField("invalid_evidence", "text", "there is none")
		}
		d, err := p.dispute(u, r.DisputeID)
		if err != nil {
			return nil, err
		}
		if err := d.answerable(); err != nil {
			return nil, err
		}
		if d.Evidence, err = d.Evidence.with(r.Evidence); err != nil {
			return nil, err
		}
		return d, p.putDispute(u, d, EventDisputeUpdated)
	})
}

// answerable refuses a dispute to which nothing can be said any more.
func (d *Dispute) answerable() error {
	switch {
	case d.Status.over():
		return badState("already_answered", "dispute", "it is over: "+string(d.Status))
	case d.Answer != "" || d.Status == DisputeUnderReview || d.Status == InquiryUnderReview:
		return badState("already_answered", "dispute", "evidence is sent once, and it was")
	}
	return nil
}
