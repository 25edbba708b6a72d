package scenario

import (
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// actor reads who acts, and their rights: "ann/support,risk".
func (r *runner) actor(text string) connect.Actor {
	id, rights, _ := strings.Cut(text, "/")
	a := connect.Actor{ID: id}
	for right := range strings.SplitSeq(rights, ",") {
		a.Rights = append(a.Rights, connect.Right(right))
	}
	return a
}

// by takes "by ann/support" off the end of a step.
func (r *runner) by(args string) (string, connect.Actor) {
	i := strings.LastIndex(args, " by ")
	require.GreaterOrEqual(r.t, i, 0, "%s: who acts?", r.at)
	return args[:i], r.actor(args[i+4:])
}

// limits is what people may do alone and approve in a day, in dollars: "support 100 -
// finance 500 1000"; "-" is none. One admin asks for it and another approves.
func (r *runner) limits(args string) error {
	w := strings.Fields(args)
	request := connect.LimitsRequest{Key: r.key(), By: r.actor("ada/admin")}
	for i := 0; i+2 < len(w); i += 3 {
		l := connect.RightLimit{Right: connect.Right(w[i]), Alone: r.amount("0", "USD")}
		for j, to := range []*ledger.Money{&l.Alone, &l.Approves} {
			if text := w[i+1+j]; text != "-" {
				*to = r.amount(text, "USD")
			}
		}
		request.Limits = append(request.Limits, l)
	}
	o, err := r.platform.ProposeLimits(r.ctx, request)
	if err == nil {
		_, err = r.platform.ApproveProposal(r.ctx, connect.ApproveProposalRequest{Key: r.key(), ProposalID: o.ID, By: r.actor("eve/admin")})
	}
	return err
}

// adjust is "a1: 50 USD of A goodwill by ann/support", "a1: -50 USD of A house fraud
// force by ann/finance"; of P it is the platform.
func (r *runner) adjust(args string) error {
	name, rest := named(args)
	rest, by := r.by(rest)
	w := strings.Fields(rest)
	request := connect.AdjustRequest{Key: r.key(), By: by, Amount: r.amount(w[0], w[1]), AccountID: r.sellers[w[3]], Document: "case-" + name}
	for _, word := range w[4:] {
		switch word {
		case "house":
			request.Bearer = connect.PartyHouse
		case "force":
			request.Force = true
		default:
			request.Reason = connect.AdjustmentReason(word)
		}
	}
	a, err := r.platform.Adjust(r.ctx, request)
	if err == nil {
		r.ids[name] = a.ID
	}
	return err
}

// undo is "a1 correction by ann/support", "a1 correction force by ann/support".
func (r *runner) undo(args string) error {
	rest, by := r.by(args)
	w := strings.Fields(rest)
	_, err := r.platform.UndoAdjustment(r.ctx, connect.UndoAdjustmentRequest{
		Key: r.key(), By: by, AdjustmentID: r.ids[w[0]], Reason: connect.AdjustmentReason(w[1]), Force: slices.Contains(w, "force"), Document: "undo-" + w[0],
	})
	return err
}

// approve is "a1 by bob/finance": what was proposed last of it.
func (r *runner) approve(args string) error {
	name, by := r.by(args)
	_, err := r.platform.ApproveProposal(r.ctx, connect.ApproveProposalRequest{Key: r.key(), ProposalID: r.proposal(name), By: by})
	return err
}

// refuse is "a1 by bob/finance".
func (r *runner) refuse(args string) error {
	name, by := r.by(args)
	_, err := r.platform.RefuseProposal(r.ctx, connect.RefuseProposalRequest{Key: r.key(), ProposalID: r.proposal(name), By: by, Reason: "no"})
	return err
}

// proposal finds the last one about something.
func (r *runner) proposal(name string) string {
	for o, err := range r.platform.Proposals(r.ctx, connect.ListRequest{}) {
		require.NoError(r.t, err, r.at)
		if o.Object == r.ids[name] {
			return o.ID
		}
	}
	require.Fail(r.t, "nothing is proposed", "%s: %s", r.at, name)
	return ""
}

// freeze is "f1: A everything sanctions by ann/risk" or "f1: A 500 USD court_order by
// ann/compliance".
func (r *runner) freeze(args string) error {
	name, rest := named(args)
	rest, by := r.by(rest)
	w := strings.Fields(rest)
	request := connect.FreezeRequest{
		Key: r.key(), By: by, AccountID: r.sellers[w[0]], Cause: connect.FreezeCause(w[len(w)-1]), Authority: "the authority", Document: "order-" + name,
	}
	if w[1] != "everything" {
		request.Amount = r.amount(w[1], w[2])
	}
	f, err := r.platform.Freeze(r.ctx, request)
	if err == nil {
		r.ids[name] = f.ID
	}
	return err
}

// unfreeze is "f1 by ann/compliance".
func (r *runner) unfreeze(args string) error {
	name, by := r.by(args)
	_, err := r.platform.Unfreeze(r.ctx, connect.UnfreezeRequest{Key: r.key(), By: by, FreezeID: r.ids[name], Document: "end-" + name})
	return err
}

// writeOff is "w1: A 123 USD by ann/risk", or "w1: A all USD by ann/risk".
func (r *runner) writeOff(args string) error {
	name, rest := named(args)
	rest, by := r.by(rest)
	w := strings.Fields(rest)
	if w[1] == "all" {
		w[1] = "0"
	}
	x, err := r.platform.WriteOff(r.ctx, connect.WriteOffRequest{
		Key: r.key(), By: by, AccountID: r.sellers[w[0]], Amount: r.amount(w[1], w[2]), Description: "nobody is there any more", Document: "case-" + name,
	})
	if err == nil {
		r.ids[name] = x.ID
	}
	return err
}

// recoverDebt is "w1 50 USD by ann/finance", or "w1 by ann/finance" for all that is left.
func (r *runner) recoverDebt(args string) error {
	rest, by := r.by(args)
	w := strings.Fields(rest)
	request := connect.RecoverWriteOffRequest{Key: r.key(), By: by, WriteOffID: r.ids[w[0]]}
	if len(w) > 1 {
		request.Amount = r.amount(w[1], w[2])
	}
	_, err := r.platform.RecoverWriteOff(r.ctx, request)
	return err
}

// handStatus is where something that was done by hand stands.
func (r *runner) handStatus(id string) (status string) {
	var err error
	switch {
	case strings.HasPrefix(id, "frz_"):
		var f *connect.Freeze
		if f, err = r.platform.GetFreeze(r.ctx, id); err == nil {
			status = string(f.Status)
		}
	case strings.HasPrefix(id, "woff_"):
		var w *connect.WriteOff
		if w, err = r.platform.GetWriteOff(r.ctx, id); err == nil {
			status = string(w.Status)
		}
	case strings.HasPrefix(id, "aclos_"):
		var c *connect.AccountClosing
		if c, err = r.platform.GetAccountClosing(r.ctx, id); err == nil {
			status = string(c.Status)
		}
	case strings.HasPrefix(id, "rsv_"):
		var o *connect.Reserve
		if o, err = r.platform.GetReserve(r.ctx, id); err == nil {
			status = string(o.Status)
		}
	case strings.HasPrefix(id, "dorm_"):
		var d *connect.Dormancy
		if d, err = r.platform.GetDormancy(r.ctx, id); err == nil {
			status = string(d.Status)
		}
	default:
		var a *connect.Adjustment
		if a, err = r.platform.GetAdjustment(r.ctx, id); err == nil {
			status = string(a.Status)
		}
	}
	require.NoError(r.t, err, r.at)
	return status
}
