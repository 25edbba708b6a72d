package connect

// UnverifiedPolicy says what a seller may be sold for before they have provided all
// that their country asks for. They are paid out only after that in any case.
type UnverifiedPolicy string

// The policies. A platform's default is UnverifiedPaid.
const (
	UnverifiedPaid UnverifiedPolicy = "paid" // anything
	// UnverifiedHeld takes only money that waits (HoldTerms), and nothing of it is
	// released before: everything else is refused with account_not_verified. With
	// HoldVerified it is released once the seller is verified, or else goes back to the
	// buyer when the longest wait is over.
	UnverifiedHeld UnverifiedPolicy = "held"
)

func (v UnverifiedPolicy) or(def UnverifiedPolicy) (UnverifiedPolicy, error) {
	switch v {
	case "":
		return def, nil
	case UnverifiedPaid, UnverifiedHeld:
		return v, nil
	}
	return "", badField("invalid_unverified", "unverified", "money for sellers who are not verified is paid or held")
}
