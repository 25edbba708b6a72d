package connect

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Disputer is an Acquirer that takes answers to disputes. Of another, people answer
// where it takes them, and DisputeNews says so.
type Disputer interface {
	// AnswerDispute hands evidence over, or accepts that a dispute is lost. The answer
	// has no amount. A declined one changes nothing, and another may follow.
	AnswerDispute(ctx context.Context, key string, o DisputeOrder) (Answer, error)
}

// DisputeOrder answers a dispute.
type DisputeOrder struct {
	Reference string // of the dispute
	Accept    bool   // it is lost; then there is no evidence
	Evidence  Evidence
}

// DisputeAnswer is what was said to an acquirer about a dispute.
type DisputeAnswer struct {
	ID        string     `json:"id"`
	Platform  string     `json:"platform"`
	Charge    string     `json:"charge"`
	Dispute   string     `json:"dispute"`
	Acquirer  string     `json:"acquirer"`
	Accept    bool       `json:"accept,omitzero"`
	Evidence  Evidence   `json:"evidence,omitzero"`
	Status    StepStatus `json:"status"`
	Code      string     `json:"code,omitzero"`
	Reference string     `json:"reference,omitzero"`
	Created   time.Time  `json:"created"`
	Settled   time.Time  `json:"settled,omitzero"`

	Work ledger.Work `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

var disputeAnswerKind = ledger.Kind[DisputeAnswer]{
	Name:   "connect.dispute_answer",
	Prefix: "dpa_",
	Keys: func(x *DisputeAnswer) []ledger.Key {
		return x.Work.Keys(
			ledger.Key{Name: "platform", Value: x.Platform, At: x.Created},
			ledger.Key{Name: "charge", Value: x.Charge, At: x.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "charge", Path: "charge"}, {Name: "dispute", Path: "dispute"},
		{Name: "status", Path: "status"}, {Name: "code", Path: "code"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// AnswerDisputeRequest answers a dispute.
type AnswerDisputeRequest struct {
	Key       string `json:"-"`
	DisputeID string `json:"dispute,omitzero"`
	// Accept says that it is lost. It cannot be taken back.
	Accept bool `json:"accept,omitzero"`
	// Evidence is sent together with what was staged.
	Evidence
}

// AnswerDispute sends evidence to the acquirer, once, or accepts that the dispute is
// lost. One that the acquirer declines is an answer whose Status is StepFailed, not an
// error, and changes nothing. An acquirer that is no Disputer is of class State, code
// answer_unsupported.
func (p *Platform) AnswerDispute(ctx context.Context, r AnswerDisputeRequest) (*DisputeAnswer, error) {
	return answerTask.do(ctx, p, r.Key, r)
}

// GetDisputeAnswer returns an answer to a dispute of the platform.
func (p *Platform) GetDisputeAnswer(ctx context.Context, id string) (*DisputeAnswer, error) {
	return get(ctx, p, &disputeAnswerKind, id, "answer to a dispute", func(x *DisputeAnswer) string { return x.Platform })
}

var disputeAnswers = lister[DisputeAnswer]{
	what: "list answers to disputes", kind: &disputeAnswerKind, charge: "charge", platform: func(x *DisputeAnswer) string { return x.Platform },
}

// ListDisputeAnswers lists answers to disputes, of the platform or a charge, newest first.
func (p *Platform) ListDisputeAnswers(ctx context.Context, r ListRequest) (*List[DisputeAnswer], error) {
	return disputeAnswers.page(ctx, p, r)
}

// DisputeAnswers goes through the same list page by page.
func (p *Platform) DisputeAnswers(ctx context.Context, r ListRequest) iter.Seq2[*DisputeAnswer, error] {
	return disputeAnswers.each(ctx, p, r, func(x *DisputeAnswer) string { return x.ID })
}

var answerTask = &task[AnswerDisputeRequest, DisputeAnswer, Answer]{
	verb: "answer dispute",
	kind: &disputeAnswerKind,
	head: func(x *DisputeAnswer) head {
		return head{id: x.ID, platform: x.Platform, partner: x.Acquirer, work: &x.Work, replayed: &x.Replayed}
	},
	partner:  acquirerName,
	record:   recordAnswer,
	carryOut: askDispute,
	settle:   settleAnswer,
	rest: func(u *ledger.Unit, p *Platform, x *DisputeAnswer, code string) error {
		x.Work.Done()
		x.Code = code
		if err := x.Status.rest("answer to a dispute"); err != nil {
			return err
		}
		return p.putAnswer(u, x)
	},
	open: func(x *DisputeAnswer, a Answer) (bool, error) { return x.Status.open(a) },
	late: func(u *ledger.Unit, p *Platform, x *DisputeAnswer, a Answer) error {
		if x.Reference != "" || a.Reference == "" {
			return nil
		}
		x.Reference = a.Reference
		return p.putAnswer(u, x)
	},
}

func (p *Platform) putAnswer(u *ledger.Unit, x *DisputeAnswer) error {
	u.Emit(ledger.Event{Type: EventDisputeAnswer, Platform: p.id, Object: disputeAnswerKind.ID(x.ID)})
	return disputeAnswerKind.Put(u, x.ID, x)
}

func recordAnswer(u *ledger.Unit, p *Platform, r *AnswerDisputeRequest, w ledger.Work) (*DisputeAnswer, error) {
	switch {
	case r.DisputeID == "":
		return nil, badField("invalid_request", "dispute", "it names the dispute")
	case r.Accept && !r.Evidence.empty():
		return nil, badField("invalid_evidence", "text", "what is accepted needs no evidence")
	}
	d, err := p.dispute(u, r.DisputeID)
	if err != nil {
		return nil, err
	}
	if err := d.answerable(); err != nil {
		return nil, err
	}
	sent := Evidence{}
	if !r.Accept {
		if sent, err = d.Evidence.with(r.Evidence); err != nil {
			return nil, err
		}
	}
	acq, _ := optional[Disputer](p.e.c.Acquirer)
	switch {
	case !r.Accept && sent.empty():
		return nil, badField("invalid_evidence", "text", "there is none")
	case r.Accept && d.Status.inquiry():
		return nil, badState("invalid_state", "dispute", "an inquiry takes nothing that could be accepted; a refund ends it")
	case d.Acquirer != acquirerName(p.e):
		return nil, badState("other_acquirer", "dispute", "the charge was made at another acquirer, "+d.Acquirer+"; its own takes answers")
	case acq == nil:
		return nil, badState("answer_unsupported", "dispute", "the acquirer "+acquirerName(p.e)+" takes answers elsewhere")
	case !d.DueBy.IsZero() && !u.At().Before(d.DueBy):
		return nil, badState("too_late", "dispute", "evidence was due by "+d.DueBy.Format(time.RFC3339))
	}
	x := &DisputeAnswer{
		ID: u.NewID(disputeAnswerKind.Prefix), Platform: p.id, Charge: d.Charge, Dispute: d.ID, Acquirer: d.Acquirer, Accept: r.Accept, Evidence: sent,
		Status: StepPending, Created: u.At(), Work: w,
	}
	d.Answer = x.ID
	d.wait()
	if err := p.putDispute(u, d, EventDisputeUpdated); err != nil {
		return nil, err
	}
	return x, p.putAnswer(u, x)
}

// askDispute hands the answer to the acquirer.
func askDispute(ctx context.Context, p *Platform, x *DisputeAnswer, send bool) (Answer, error) {
	acq, _ := optional[Disputer](p.e.c.Acquirer)
	if acq == nil {
		return Answer{}, errUnsent // it was one when this was recorded
	}
	d, err := disputeKind.Read(ctx, p.store, x.Dispute)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", errUnsent, err)
	}
	answer := func(ctx context.Context) (Answer, error) {
		return acq.AnswerDispute(ctx, x.ID, DisputeOrder{Reference: d.Reference, Accept: x.Accept, Evidence: x.Evidence})
	}
	return p.e.askAcquirer(ctx, x.ID, attemptOf(&x.Work, send, x.Reference != ""), answer)
}

// settleAnswer keeps what the acquirer says to an answer: what was accepted is lost, and
// what evidence was sent for is looked at, unless more is known by now.
func settleAnswer(u *ledger.Unit, p *Platform, x *DisputeAnswer, a Answer) error {
	if a.Status == Received {
		fresh, err := x.Status.received(u, p, "answer to a dispute", a, &x.Code, &x.Reference, &x.Work)
		switch {
		case err != nil:
			return err
		case fresh:
			return p.putAnswer(u, x)
		}
		return disputeAnswerKind.Put(u, x.ID, x)
	}
	d, err := p.dispute(u, x.Dispute)
	if err != nil {
		return err
	}
	x.Reference, x.Settled = cmp.Or(a.Reference, x.Reference), u.At()
	x.Work.Done()
	switch a.Status {
	case Declined:
		x.Code, d.Answer = a.Code, ""
		if err := x.Status.become("answer to a dispute", StepFailed); err != nil {
			return err
		}
		d.wait()
		if err := p.putDispute(u, d, EventDisputeUpdated); err != nil {
			return err
		}
	case Approved:
		x.Code = ""
		if err := x.Status.become("answer to a dispute", StepSucceeded); err != nil {
			return err
		}
		if err := p.answered(u, x, d); err != nil {
			return err
		}
	default:
		return badField("invalid_answer", "status", "the acquirer's answer is none")
	}
	return p.putAnswer(u, x)
}

// answered moves a dispute on that was answered.
func (p *Platform) answered(u *ledger.Unit, x *DisputeAnswer, d *Dispute) error {
	to, code := DisputeUnderReview, ""
	switch {
	case x.Accept:
		to, code = DisputeLost, codeAccepted
	case d.Status.inquiry():
		to = InquiryUnderReview
	}
	if d.Evidence = x.Evidence; to.rank() <= d.Status.rank() {
		return p.putDispute(u, d, EventDisputeUpdated)
	}
	return p.moveDispute(u, d, to, code)
}
