package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
)

// ProposalStatus is where a proposal stands.
type ProposalStatus string

// The states of a proposal.
const (
	ProposalOpen       ProposalStatus = "proposed"
	ProposalCarriedOut ProposalStatus = "carried_out" // approved, and done in the same change
	ProposalRefused    ProposalStatus = "refused"     // or withdrawn by its author
	ProposalExpired    ProposalStatus = "expired"     // nobody decided in time
)

// proposalLife: what was decided stays so.
var proposalLife = life[ProposalStatus]{
	ProposalOpen:       {ProposalCarriedOut, ProposalRefused, ProposalExpired},
	ProposalCarriedOut: {},
	ProposalRefused:    {},
	ProposalExpired:    {},
}

// Proposal is something that one person asks for and another has to approve.
type Proposal struct {
	ID          string         `json:"id"`
	Platform    string         `json:"platform"`
	Action      ManualAction   `json:"action"`
	Object      string         `json:"object,omitzero"`  // the id of what it is about
	Account     string         `json:"account,omitzero"` // whose money it is: an account, or the platform
	Amount      ledger.Money   `json:"amount,omitzero"`  // what it counts, if it is about an amount
	Limits      *RightLimits   `json:"limits,omitzero"`  // that are asked for
	Description string         `json:"description,omitzero"`
	Status      ProposalStatus `json:"status"`

	Author       string    `json:"author"`
	AuthorRight  Right     `json:"authorRight"`
	Decider      string    `json:"decider,omitzero"` // who approved or refused it
	DeciderRight Right     `json:"deciderRight,omitzero"`
	Decided      time.Time `json:"decided,omitzero"`
	Reason       string    `json:"reason,omitzero"` // why it was refused
	Expires      time.Time `json:"expires"`

	Created time.Time   `json:"created"`
	Work    ledger.Work `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (o *Proposal) replay() *bool { return &o.Replayed }

var proposalKind = ledger.Kind[Proposal]{
	Name:   "connect.proposal",
	Prefix: "prop_",
	Keys: func(o *Proposal) []ledger.Key {
		keys := append(make([]ledger.Key, 0, 4),
			ledger.Key{Name: "platform", Value: o.Platform, At: o.Created})
		if o.Account != "" {
			keys = append(keys, ledger.Key{Name: "owner", Value: o.Account, At: o.Created})
		}
		if o.Status == ProposalOpen {
			keys = append(keys, ledger.Key{Name: "open", Value: o.Platform, At: o.Created})
		}
		return o.Work.Keys(keys...)
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "action", Path: "action"}, {Name: "object", Path: "object"}, {Name: "account", Path: "account"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "status", Path: "status"},
		{Name: "author", Path: "author"}, {Name: "decider", Path: "decider"},
		{Name: "expires", Path: "expires", Type: ledger.TimeColumn}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// asks returns who an action is signed by: the actor alone, where that is within their
// limits of the day, which it counts then; else o is proposed, and Signed names it.
func (p *Platform) asks(u *ledger.Unit, by Actor, o *Proposal) (s Signed, alone bool, err error) {
	if err := by.check(); err != nil {
		return s, false, err
	}
	rule := o.Action.rule()
	rights := by.of(rule.asks)
	if len(rights) == 0 {
		return s, false, noRight(o.Action, rule.asks)
	}
	if !rule.two {
		r, err := p.alone(u, by, rights, o.Amount)
		if err != nil || r != "" {
			return Signed{Author: by.ID, AuthorRight: r}, true, err
		}
	}
	s, err = p.propose(u, by, o)
	return s, false, err
}

// propose puts a new proposal.
func (p *Platform) propose(u *ledger.Unit, by Actor, o *Proposal) (Signed, error) {
	if err := by.check(); err != nil {
		return Signed{}, err
	}
	rule := o.Action.rule()
	rights := by.of(rule.asks)
	if len(rights) == 0 {
		return Signed{}, noRight(o.Action, rule.asks)
	}
	limits, err := p.rightLimits(u)
	if err != nil {
		return Signed{}, err
	}
	o.ID, o.Platform, o.Status, o.Created = u.NewID(proposalKind.Prefix), p.id, ProposalOpen, u.At()
	o.Author, o.AuthorRight = by.ID, rights[0]
	o.Expires = o.Created.Add(time.Duration(limits.Days) * day)
	o.Work.Later(o.Expires)
	return o.signed(), p.putProposal(u, o, EventProposalCreated)
}

// signed is what a proposal says of who made it. Only who approved is named beside.
func (o *Proposal) signed() Signed {
	s := Signed{Author: o.Author, AuthorRight: o.AuthorRight, Proposal: o.ID}
	if o.Status == ProposalCarriedOut {
		s.Approver, s.ApproverRight = o.Decider, o.DeciderRight
	}
	return s
}

func (p *Platform) putProposal(u *ledger.Unit, o *Proposal, event string) error {
	if err := o.signed().emit(u, p, event, proposalKind.ID(o.ID)); err != nil {
		return err
	}
	return proposalKind.Put(u, o.ID, o)
}

// become changes the state of a proposal, which waits for nothing afterwards.
func (o *Proposal) become(to ProposalStatus) error {
	err := proposalLife.check("proposal", o.Status, to)
	if err == nil {
		o.Status = to
		o.Work.Done()
	}
	return inField("proposal", err)
}

// GetProposal returns a proposal of the platform.
func (p *Platform) GetProposal(ctx context.Context, id string) (*Proposal, error) {
	return get(ctx, p, &proposalKind, id, "proposal", func(o *Proposal) string { return o.Platform })
}

var proposalLister = &lister[Proposal]{
	what: "proposals", kind: &proposalKind, account: "owner", own: true, platform: func(o *Proposal) string { return o.Platform },
}

// ListProposals returns a page of the platform's proposals.
func (p *Platform) ListProposals(ctx context.Context, r ListRequest) (*List[Proposal], error) {
	return proposalLister.page(ctx, p, r)
}

// Proposals walks the platform's proposals, newest first.
func (p *Platform) Proposals(ctx context.Context, r ListRequest) iter.Seq2[*Proposal, error] {
	return proposalLister.each(ctx, p, r, func(o *Proposal) string { return o.ID })
}
