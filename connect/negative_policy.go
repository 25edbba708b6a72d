package connect

import "time"

// NegativePolicy says what a platform does about its sellers' negative balances, where
// it bears what they cannot pay (Account.LossesBearer).
type NegativePolicy struct {
	// Uncovered leaves them without cover. Else as much of the platform's money as its
	// sellers are short of is set aside, whatever the platform has.
	Uncovered bool `json:"uncovered,omitzero"`
	// CollectAfter is for how many days a balance has to be below zero, without a break,
	// before the platform pays it: 1–3,650; 0 is 180, less than 0 is never. What an account
	// owes at the end of its closing is paid then, whatever this says.
	CollectAfter int `json:"collectAfter,omitzero"`
}

// collectAfter is the default of hosted marketplaces.
const collectAfter = 180

func (n *NegativePolicy) check() (NegativePolicy, error) {
	if n.CollectAfter > 3650 {
		return *n, badField("invalid_policy", "negative.collectAfter", "the platform pays after 1 to 3,650 days")
	}
	return *n, nil
}

// collects is when the platform pays a debt that has stood since a moment; zero: never.
func (n NegativePolicy) collects(since time.Time) time.Time {
	switch {
	case n.CollectAfter < 0:
		return time.Time{}
	case n.CollectAfter == 0:
		return since.Add(collectAfter * day)
	}
	return since.Add(time.Duration(n.CollectAfter) * day)
}
