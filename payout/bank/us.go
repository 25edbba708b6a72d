package bank

// RoutingClass says what the first two digits of a routing number are for.
type RoutingClass string

// The classes, as the American Bankers Association assigns them.
const (
	RoutingGovernment RoutingClass = "government"        // 00
	RoutingFed        RoutingClass = "fed"               // 01 to 12: banks of a Federal Reserve district
	RoutingThrift     RoutingClass = "thrift"            // 21 to 32: the same of thrifts, and of banks since
	RoutingElectronic RoutingClass = "electronic"        // 61 to 72: for electronic transactions alone
	RoutingTravelers  RoutingClass = "travelers_cheques" // 80
)

// RoutingNumber names a bank in the United States and what it takes there. It is
// public, and printed as it is.
type RoutingNumber struct {
	Text  string // nine digits
	Class RoutingClass
}

// ParseRoutingNumber reads the nine digits of a routing number (ABA) and checks
// the last, and that the first two are of a class. What is none is of class
// Invalid, code invalid_routing_number, field routing_number. Whether it is in
// use is in the directory of the Federal Reserve, which is not asked.
func ParseRoutingNumber(text string) (RoutingNumber, error) {
	if len(text) != 9 || !allOf(text, 'n') {
		return RoutingNumber{}, badRouting("it has nine digits")
	}
	if weighted(text, 3, 7, 1)%10 != 0 {
		return RoutingNumber{}, badRouting("its check digit does not fit: a digit is wrong")
	}
	r := RoutingNumber{Text: text}
	switch first := int(text[0]-'0')*10 + int(text[1]-'0'); {
	case first == 0:
		r.Class = RoutingGovernment
	case first <= 12:
		r.Class = RoutingFed
	case 21 <= first && first <= 32:
		r.Class = RoutingThrift
	case 61 <= first && first <= 72:
		r.Class = RoutingElectronic
	case first == 80:
		r.Class = RoutingTravelers
	default:
		return RoutingNumber{}, badRouting("no bank has a number that begins like this")
	}
	return r, nil
}

// ACH reports whether payments through the automated clearing house can be
// addressed to such a number.
func (r RoutingNumber) ACH() bool {
	return r.Class == RoutingFed || r.Class == RoutingThrift || r.Class == RoutingElectronic
}

// String returns the nine digits.
func (r RoutingNumber) String() string { return r.Text }

func badRouting(msg string) error { return invalid("invalid_routing_number", "routing_number", msg) }
