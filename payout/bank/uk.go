package bank

// ParseSortCode reads the six digits that name a bank's branch in the United
// Kingdom, as 108800, 10-88-00 or 10 88 00, and returns the digits. What is none is
// of class Invalid, code invalid_sort_code, field sort_code.
func ParseSortCode(text string) (string, error) {
	if digits, ok := grouped(text, 2, 2, 2); ok {
		return digits, nil
	}
	return "", invalid("invalid_sort_code", "sort_code", "it has six digits")
}

// ParseUKAccount brings an account number to the eight digits that payments
// carry. Most have them; older ones are brought there by the rules that Pay.UK
// publishes for "Validating account numbers": six and seven digits get zeros in
// front, the ten of a Co-operative Bank account (sort codes 08) lose the last two,
// the ten of a NatWest account (50 to 66) the first two, and of the nine of a
// Santander account (09) the first replaces the last of the sort code. The sort
// code returned is the one to pay to. It is of six digits. What is none is of
// class Invalid, code invalid_account_number, field account_number.
func ParseUKAccount(sortCode, number string) (sort, account string, err error) {
	if sort, err = ParseSortCode(sortCode); err != nil {
		return "", "", err
	}
	bank := sort[:2]
	switch {
	case !allOf(number, 'n'):
	case 6 <= len(number) && len(number) <= 8:
		return sort, pad(number, 8), nil
	case len(number) == 9 && bank == "09":
		return sort[:5] + number[:1], number[1:], nil
	case len(number) == 10 && bank == "08":
		return sort, number[:8], nil
	case len(number) == 10 && "50" <= bank && bank <= "66":
		return sort, number[2:], nil
	}
	return "", "", badAccount("it has eight digits, at some banks six, seven, nine or ten")
}

func badAccount(msg string) error {
	return invalid("invalid_account_number", "account_number", msg)
}
