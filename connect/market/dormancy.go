package market

// Dormancy is a rule about balances of sellers who cannot be reached.
type Dormancy struct {
	Days   int `json:"days"`   // since a seller was last heard of
	Notice int `json:"notice"` // days that a notice leaves them
}

// maxDormancy is the longest time that a rule may state: a hundred years.
const maxDormancy = 36600

func dormancy(d Dormancy) string {
	switch {
	case d.Days < 1 || d.Days > maxDormancy:
		return "a balance is dormant after 1 to 36,600 days"
	case d.Notice < 1 || d.Notice > MaxHolding:
		return "a notice leaves 1 to 3,660 days"
	}
	return ""
}

// Dormancy says when a seller of the country that is looked at is taken not to be
// reached any more. Nil: not known.
func (v *View) Dormancy() *Fact[Dormancy] {
	return pick(v, func(r *Rules) []Fact[Dormancy] { return r.Dormancy })
}
