package ledger

// Delivery says what a partner outside (an acquirer, a rail, a chain) promises
// about a request whose answer was lost.
type Delivery uint8

// The kinds of delivery. A file that goes to a bank is always Blind.
const (
	Keyed   Delivery = iota // the same key never acts twice: ask again with it
	Askable                 // can be asked whether it has ever seen the key
	Blind                   // neither: what became of it must be learned otherwise
)

// String returns the kind in a word.
func (d Delivery) String() string {
	switch d {
	case Keyed:
		return "keyed"
	case Askable:
		return "askable"
	case Blind:
		return "blind"
	}
	return "invalid"
}
