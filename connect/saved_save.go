package connect

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// SourceSaver is an Acquirer that keeps sources for later.
type SourceSaver interface {
	// SaveSource asks to keep a source. The answer's Saved says what was kept; it
	// has no amount. Where the buyer has to authenticate it is RequiresAction.
	SaveSource(ctx context.Context, key string, o SaveOrder) (Answer, error)
}

// SaveOrder asks to keep a source.
type SaveOrder struct {
	Source    string // the acquirer's token for one use
	Agreement BuyerAgreement
	Absent    bool // payments without the buyer are to follow
	Challenge bool // the buyer is to authenticate: an earlier attempt was declined for the want of it
}

// saver returns the engine's acquirer as one that keeps sources; nil if it does
// not.
func (e *Engine) saver() SourceSaver {
	s, _ := optional[SourceSaver](e.c.Acquirer)
	return s
}

// optional returns an acquirer as one with an optional power. In a preview it is
// the acquirer behind that has it or not.
func optional[T any](a Acquirer) (T, bool) {
	behind := a
	if p, ok := a.(approving); ok {
		behind = p.Acquirer
	}
	_, ok := behind.(T)
	if !ok {
		var none T
		return none, false
	}
	t, ok := a.(T)
	return t, ok
}

// unsaved is the error for an acquirer that keeps no sources.
func (e *Engine) unsaved(field string) error {
	return badState("save_unsupported", field, "the acquirer "+acquirerName(e)+" keeps no sources")
}

// SaveSourceRequest saves a source for a customer, without charging it.
type SaveSourceRequest struct {
	Key        string `json:"-"`
	CustomerID string `json:"customer,omitzero"`
	Source     string `json:"source,omitzero"` // the acquirer's token for the buyer's card
	Method     string `json:"method,omitzero"` // as ChargeRequest.Method
	// Agreement is what the buyer agreed to, and For the payments without the buyer
	// that it is of. A source that is saved for none is for payments that they start
	// themselves.
	Agreement BuyerAgreement    `json:"agreement,omitzero"`
	For       []Initiator       `json:"for,omitzero"`
	Default   bool              `json:"default,omitzero"` // it becomes the customer's default source, as their first one does anyway
	Metadata  map[string]string `json:"metadata,omitzero"`
}

// SaveSource saves a source for a customer. One that the acquirer declines is a
// saved source whose Status is SourceFailed, not an error. Where the buyer has to
// do something first it is SourceRequiresAction, until ConfirmSource, news or
// the deadline. An acquirer that is no SourceSaver is of class State, code
// save_unsupported.
func (p *Platform) SaveSource(ctx context.Context, r SaveSourceRequest) (*SavedSource, error) {
	if err := p.may(ctx, "SaveSource"); err != nil {
		return nil, err
	}
	s, err := saveTask.do(ctx, p, r.Key, r)
	return p.saveAgain(ctx, s, err)
}

var saveTask = &task[SaveSourceRequest, SavedSource, Answer]{
	verb: "save source", kind: &savedSourceKind, head: sourceHead, partner: acquirerName,
	record: recordSource, carryOut: askSource, settle: settleSource, rest: restSource, open: (*SavedSource).open, late: lateSource,
}

func sourceHead(s *SavedSource) head {
	return head{id: s.ID, platform: s.Platform, partner: s.Acquirer, work: &s.Work, replayed: &s.Replayed}
}

// checkTerms refuses what is no agreement to save a source.
func checkTerms(t *SaveTerms, now time.Time) error {
	if err := t.Agreement.check(now); err != nil {
		return inField("agreement", err)
	}
	if t.Agreement == (BuyerAgreement{}) {
		return badField("agreement_required", "agreement", "a source is saved with what the buyer agreed to")
	}
	for i, by := range t.For {
		switch by {
		case Recurring, Instalment, Unscheduled, NoShow, Delayed, Incremental:
		default:
			return badField("invalid_initiator", "for", "payments without the buyer are recurring, instalment, unscheduled, no_show, delayed or incremental")
		}
		if slices.Contains(t.For[:i], by) {
			return badField("invalid_initiator", "for", "each stands in it once")
		}
	}
	return nil
}

func recordSource(u *ledger.Unit, p *Platform, r *SaveSourceRequest, w ledger.Work) (*SavedSource, error) {
	if _, err := p.expectProfile(u); err != nil {
		return nil, err
	}
	terms := &SaveTerms{Agreement: r.Agreement, For: r.For, Default: r.Default}
	if err := checkTerms(terms, u.At()); err != nil {
		return nil, err
	}
	if r.Method != "" && !pricing.Word(r.Method) {
		return nil, badField("invalid_method", "method", "a method is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	}
	if err := p.e.checkSource("source", r.Source); err != nil {
		return nil, err
	}
	if err := checkMetadata(r.Metadata); err != nil {
		return nil, err
	}
	k, err := p.customer(u, r.CustomerID)
	if err != nil {
		return nil, err
	}
	if p.e.saver() == nil {
		return nil, p.e.unsaved("customer")
	}
	s, err := p.newSource(u, k, terms)
	if err != nil {
		return nil, err
	}
	s.Source, s.Method, s.Metadata, s.Work = r.Source, r.Method, r.Metadata, w
	if err := customerKind.Put(u, k.ID, k); err != nil {
		return nil, err
	}
	return s, p.putSource(u, s, EventSourcePending)
}

// newSource adds a source to a customer's, who is not yet put.
func (p *Platform) newSource(u *ledger.Unit, k *Customer, t *SaveTerms) (*SavedSource, error) {
	if len(k.Sources) >= maxSources {
		return nil, badState("too_many_sources", "customer", "a customer has at most 50 saved sources")
	}
	s := &SavedSource{
		ID: u.NewID(savedSourceKind.Prefix), Platform: p.id, Customer: k.ID, Account: k.Account, Acquirer: acquirerName(p.e),
		Agreement: t.Agreement, For: slices.Clone(t.For), Default: t.Default, Status: SourcePending, Created: u.At(),
	}
	s.Agreement.At = s.Agreement.At.UTC().Round(0)
	k.Sources = append(k.Sources, s.ID)
	return s, nil
}

// key names the live attempt at the acquirer.
func (s *SavedSource) key() string {
	if s.Retry == 0 {
		return s.ID
	}
	return s.ID + retryMark
}

// askSource asks the acquirer to keep a source.
func askSource(ctx context.Context, p *Platform, s *SavedSource, first bool) (Answer, error) {
	saver := p.e.saver()
	if saver == nil {
		return Answer{}, errUnsent // it was one when this was recorded
	}
	send := func(ctx context.Context) (Answer, error) {
		return saver.SaveSource(ctx, s.key(), SaveOrder{Source: s.Source, Agreement: s.Agreement, Absent: len(s.For) > 0, Challenge: s.Retry > 0})
	}
	if p.preview && s.Reference != "" {
		return send(ctx) // what the buyer was asked to do is taken to be done
	}
	a, err := p.e.askAcquirer(ctx, s.key(), attemptOf(&s.Work, first, s.Reference != ""), send)
	a.key = s.key()
	return a, err
}

// open tells what an answer is to a saved source. No money has moved, so what is
// said of an attempt that is over, or of a source that was given up, means nothing.
func (s *SavedSource) open(a Answer) (bool, error) {
	switch {
	case a.key != "" && a.key != s.key(), s.Status == SourceDetached, s.Status == SourceFailed && s.Code == actionExpired:
		return false, nil
	case a.Status == Canceled:
		return s.waiting() || s.saved(), nil
	case a.Status == RequiresAction:
		return s.waiting(), nil
	}
	return stillOpen(s.waiting(), s.saved(), a)
}

func restSource(u *ledger.Unit, p *Platform, s *SavedSource, code string) error {
	s.Work.Done()
	if err := s.become(SourceUnknown, code); err != nil {
		return err
	}
	return p.putSource(u, s, EventSourceUpdated)
}

func lateSource(u *ledger.Unit, p *Platform, s *SavedSource, a Answer) error {
	if s.Reference != "" || a.Reference == "" || a.key != "" && a.key != s.key() {
		return nil
	}
	s.Reference = a.Reference
	return p.putSource(u, s, EventSourceUpdated)
}

// settleSource keeps the acquirer's answer.
func settleSource(u *ledger.Unit, p *Platform, s *SavedSource, a Answer) error {
	switch a.Status {
	case Received:
		fresh := s.Status != SourcePending || s.Reference == "" && a.Reference != ""
		if err := s.become(SourcePending, ""); err != nil {
			return err
		}
		s.Reference = cmp.Or(a.Reference, s.Reference)
		p.e.received(u, &s.Work)
		if fresh {
			return p.putSource(u, s, EventSourceUpdated)
		}
		return savedSourceKind.Put(u, s.ID, s)
	case RequiresAction:
		return p.sourceAction(u, s, a)
	case Declined, Failed:
		return p.sourceDeclined(u, s, a)
	case Canceled:
		to := SourceFailed
		if s.saved() {
			to = SourceDetached
		}
		return p.dropSource(u, s, to, a.Code)
	case Approved:
		if !a.Saved.usable() {
			return badField("invalid_answer", "status", "the acquirer does not say with which token the source is charged")
		}
		return p.sourceSaved(u, s, a)
	}
	return badField("invalid_answer", "status", "the acquirer's answer is none")
}

// sourceAction keeps what the buyer has to do.
func (p *Platform) sourceAction(u *ledger.Unit, s *SavedSource, a Answer) error {
	until, fresh := u.At().Add(actionWindow), s.Status != SourceRequiresAction
	if s.Action != nil {
		if s.Action.Over {
			return p.dropSource(u, s, SourceFailed, actionExpired)
		}
		until = s.Action.Until // one action, one deadline
	}
	if err := s.become(SourceRequiresAction, ""); err != nil {
		return err
	}
	act := a.Action
	if act.URL+act.Data == "" && s.Action != nil {
		act.URL, act.Data = s.Action.URL, s.Action.Data
	}
	if act.Over = false; act.Until.IsZero() {
		act.Until = until
	}
	if act.Until = act.Until.UTC(); s.Action != nil && act == *s.Action && !fresh {
		return nil // told again
	}
	s.Action, s.Reference = &act, cmp.Or(a.Reference, s.Reference)
	s.Work.Done()
	return p.putSource(u, s, EventSourceActionRequired)
}

// sourceDeclined ends a source. A soft decline asks once more, with a challenge.
func (p *Platform) sourceDeclined(u *ledger.Unit, s *SavedSource, a Answer) error {
	if a.Code != softDecline || s.Retry > 0 {
		s.heard(a)
		return p.dropSource(u, s, SourceFailed, cmp.Or(a.Code, "declined"))
	}
	if err := s.become(SourcePending, ""); err != nil {
		return err
	}
	s.Retry, s.Reference = 1, ""
	s.Work.Unsent()
	s.Work.Later(u.At())
	return p.putSource(u, s, EventSourceUpdated)
}

// saveAgain goes on at once with a source that is to be asked for again.
func (p *Platform) saveAgain(ctx context.Context, s *SavedSource, err error) (*SavedSource, error) {
	if err != nil || p.joined || s.Retry == 0 || s.Status != SourcePending || s.Work.Claim != "" || !s.Work.Sent.IsZero() {
		return s, err
	}
	replayed := s.Replayed
	if s, err = saveTask.finish(ctx, p, s.ID); err == nil {
		s.Replayed = replayed
	}
	return s, err
}

// sourceNews books news of one of a source's attempts.
func (e *Engine) sourceNews(ctx context.Context, n News) error {
	n.Answer.key = n.Key
	return saveTask.news(ctx, e, strings.TrimSuffix(n.Key, retryMark), n.Answer)
}
