package scenario

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/compliance/rule"
	"github.com/soukhq/souk/connect"
)

// ruleText adds a rule of the host's, before the platform: "big: block if amount > 5 USD".
func (r *runner) ruleText(args string) error {
	set, err := rule.Compile(args, rule.Options{})
	if err == nil {
		r.config.Rules = append(r.config.Rules, compliance.Rule(set))
	}
	return err
}

// limit is "daily 5000 USD", "few 3 charges each week", "out 500 USD of A transfers
// rolling 3": whose, what it counts, and its window follow.
func (r *runner) limit(args string) error {
	w := strings.Fields(args)
	request := connect.SetLimitRequest{Key: r.key(), Name: w[0]}
	if w[2] == "charges" || w[2] == "transfers" {
		request.Count, request.Of = r.number(w[1]), connect.LimitOf(w[2])
	} else {
		request.Amount = r.amount(w[1], w[2])
	}
	for i := 3; i < len(w); i++ {
		switch w[i] {
		case "of":
			i++
			request.AccountID = r.sellers[w[i]]
		case "each":
			request.Each = true
		case "transfers":
			request.Of = connect.LimitTransfers
		case "rolling":
			i++
			request.Window, request.Days = connect.LimitRolling, int(r.number(w[i]))
		default:
			request.Window = connect.LimitWindow(w[i])
		}
	}
	l, err := r.platform.SetLimit(r.ctx, request)
	if err == nil {
		r.names[l.ID], r.rolling[l.ID] = l.Name, l.Window == connect.LimitRolling
	}
	return err
}

// decide decides about what a rule lets a person look at: "c1 approve by ann/risk".
func (r *runner) decide(args string) error {
	rest, by := r.by(args)
	name, what, _ := strings.Cut(rest, " ")
	id := r.ids[name]
	request := connect.DecideReviewRequest{Key: r.key(), By: by}
	if c, err := r.platform.GetCharge(r.ctx, id); err == nil {
		request.ReviewID = c.Review
	} else {
		t, err := r.platform.GetTransfer(r.ctx, id)
		require.NoError(r.t, err, r.at)
		request.ReviewID = t.Review
	}
	if what == "approve" {
		_, err := r.platform.ApproveReview(r.ctx, request)
		return err
	}
	_, err := r.platform.RefuseReview(r.ctx, request)
	return err
}

// allowance writes the account of a limit by its name: what is left of it, and what was
// used on a day of a rolling one.
func (r *runner) allowance(purpose string) string {
	parts := strings.Split(purpose, "/")
	if len(parts) != 3 || parts[0] != "allowance" {
		return purpose
	}
	name := "allowance/" + r.names[parts[1]]
	if len(parts[2]) == len("2006-01-02") && strings.Count(parts[2], "-") == 2 && r.rolling[parts[1]] {
		name += "/day"
	}
	return name
}
