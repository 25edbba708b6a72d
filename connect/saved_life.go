package connect

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/soukhq/souk/ledger"
)

// heard keeps what an answer says of the buyer's authentication.
func (s *SavedSource) heard(a Answer) {
	if a.Auth != (Authentication{}) {
		auth := a.Auth
		s.Auth, s.First = &auth, cmp.Or(s.First, auth.Transaction)
	}
}

// sourceSaved makes a source one that can be charged, and tells whether the
// customer had the card already.
func (p *Platform) sourceSaved(u *ledger.Unit, s *SavedSource, a Answer) error {
	k, err := p.customer(u, s.Customer)
	if err != nil {
		return err
	}
	if err := p.activate(u, k, s, a); err != nil {
		return err
	}
	if k.DefaultSource != s.ID {
		return nil
	}
	return p.putCustomer(u, k, EventCustomerUpdated)
}

// activate is sourceSaved for a customer who is not yet put.
func (p *Platform) activate(u *ledger.Unit, k *Customer, s *SavedSource, a Answer) error {
	if err := s.become(SourceActive, ""); err != nil {
		return err
	}
	s.heard(a)
	s.Details = a.Saved.kept()
	s.Expires, s.Settled, s.Reference = s.Details.expires(), u.At(), cmp.Or(a.Reference, s.Reference)
	s.Work.Done()
	for _, id := range k.Sources {
		if id == s.ID || s.SameAs != "" || s.Details.Fingerprint == "" {
			continue
		}
		other, err := savedSourceKind.Get(u, id)
		if err != nil {
			return err
		}
		if other.saved() && other.Details.Fingerprint == s.Details.Fingerprint {
			s.SameAs = cmp.Or(other.SameAs, other.ID)
		}
	}
	if s.Default || k.DefaultSource == "" {
		k.DefaultSource = s.ID
	}
	return p.putSource(u, s, EventSourceSaved)
}

// endSource puts a source in a state that is final. It is not yet off the
// customer's list.
func (p *Platform) endSource(u *ledger.Unit, s *SavedSource, to SourceStatus, code string) error {
	event := EventSourceFailed
	if to == SourceDetached {
		event = EventSourceDetached
	}
	if err := s.become(to, code); err != nil {
		return err
	}
	s.Settled = u.At()
	s.Work.Done()
	return p.putSource(u, s, event)
}

// dropSource ends a source, and takes it off its customer's list.
func (p *Platform) dropSource(u *ledger.Unit, s *SavedSource, to SourceStatus, code string) error {
	if err := p.endSource(u, s, to, code); err != nil {
		return err
	}
	k, err := p.customer(u, s.Customer)
	if err != nil {
		return err
	}
	was := k.DefaultSource
	if k.lacks(s.ID); k.DefaultSource != was {
		return p.putCustomer(u, k, EventCustomerUpdated)
	}
	return customerKind.Put(u, k.ID, k)
}

// DetachSourceRequest gives a saved source up.
type DetachSourceRequest struct {
	Key           string `json:"-"`
	SavedSourceID string `json:"savedSource,omitzero"`
}

// DetachSource gives a saved source up, also one that still waits for the buyer or
// the acquirer: whatever they do then means nothing. It can never be charged again.
// One that was given up already, or failed, is of class State, code invalid_state.
func (p *Platform) DetachSource(ctx context.Context, r DetachSourceRequest) (*SavedSource, error) {
	verb := simpleVerb[SavedSource]{name: "detach source", kind: &savedSourceKind, replayed: (*SavedSource).replay, target: r.SavedSourceID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*SavedSource, error) {
		s, err := p.savedSource(u, r.SavedSourceID)
		if err != nil {
			return nil, err
		}
		return s, p.dropSource(u, s, SourceDetached, "")
	})
}

// ConfirmSourceRequest goes on with a source once the buyer has come back.
type ConfirmSourceRequest struct {
	Key           string `json:"-"`
	SavedSourceID string `json:"savedSource,omitzero"`
}

// ConfirmSource asks the acquirer what became of a source that waited for the
// buyer. If the buyer has not done it yet, it waits on. With an acquirer that cannot
// be asked it waits for news.
func (p *Platform) ConfirmSource(ctx context.Context, r ConfirmSourceRequest) (*SavedSource, error) {
	s, err := confirmSourceTask.do(ctx, p, r.Key, r)
	return p.saveAgain(ctx, s, err)
}

var confirmSourceTask = &task[ConfirmSourceRequest, SavedSource, Answer]{
	verb: "confirm source", kind: &savedSourceKind, head: sourceHead, partner: acquirerName,
	target: func(r *ConfirmSourceRequest) string { return r.SavedSourceID },
	record: recordConfirmSource, carryOut: askSource, settle: settleSource, rest: restSource, open: (*SavedSource).open, late: lateSource,
}

func recordConfirmSource(u *ledger.Unit, p *Platform, r *ConfirmSourceRequest, w ledger.Work) (*SavedSource, error) {
	s, err := p.savedSource(u, r.SavedSourceID)
	switch {
	case err != nil:
		return nil, err
	case s.Acquirer != acquirerName(p.e):
		return nil, otherAcquirer(s)
	case s.Status != SourceRequiresAction:
		return nil, badState("invalid_state", "savedSource", "only a source that waits for the buyer is confirmed; it is "+string(s.Status))
	case !u.At().Before(s.Action.Until):
		return nil, badState("action_expired", "savedSource", "the buyer had until "+s.Action.Until.Format(time.RFC3339))
	case p.e.c.Acquirer.Info().silent() && !p.preview:
		return s, p.putSource(u, s, EventSourceUpdated)
	}
	if s.Work = resumed(w, s.Work); s.Status == SourceRequiresAction {
		err = s.become(SourcePending, "")
	}
	if err != nil {
		return nil, err
	}
	return s, p.putSource(u, s, EventSourceUpdated)
}

func otherAcquirer(s *SavedSource) error {
	return badState("other_acquirer", "savedSource", "the source was saved at another acquirer, "+s.Acquirer+"; its own charges it")
}

// sourceWorker carries sources out, and ends what is over: the buyer's time, and
// the card's.
func (e *Engine) sourceWorker() ledger.Worker {
	w := worker(e, saveTask)
	carryOut := w.Do
	w.Do = func(ctx context.Context, store ledger.Store, o ledger.Object) error {
		s, err := savedSourceKind.Decode(o)
		if err != nil || s.Work.Open() {
			if err == nil {
				err = carryOut(ctx, store, o)
			}
			return err
		}
		p, err := e.Platform(ctx, s.Platform)
		if err != nil {
			return err
		}
		_, err = p.unit(ctx, func(u *ledger.Unit) error { return p.sourceDue(u, o.ID.ID) })
		if errors.Is(err, ledger.State) {
			return nil // somebody was faster
		}
		return err
	}
	return w
}

// sourceDue ends what is over of a source. Whether the buyer came at the last moment
// the acquirer is asked first, where it can be.
func (p *Platform) sourceDue(u *ledger.Unit, id string) error {
	s, err := savedSourceKind.Get(u, id)
	if err != nil {
		return err
	}
	due := s.deadline()
	switch {
	case s.Work.Open() || due.IsZero() || u.At().Before(due):
		return nil
	case s.Status == SourceActive:
		if err := s.become(SourceExpired, ""); err != nil {
			return err
		}
		return p.putSource(u, s, EventSourceExpired)
	case s.Acquirer != acquirerName(p.e):
		return nil // its own finds out
	case p.e.c.Acquirer.Info().silent():
		return p.dropSource(u, s, SourceFailed, actionExpired)
	}
	s.Action.Over = true
	if err := s.become(SourcePending, ""); err != nil {
		return err
	}
	s.Work.Later(u.At())
	return p.putSource(u, s, EventSourceUpdated)
}
