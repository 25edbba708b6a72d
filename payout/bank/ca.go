package bank

// ParseCanadianRouting reads a Canadian routing number in either form: 0YYYXXXXX,
// as electronic payments have it, or XXXXX-YYY, as cheques do, where YYY is the
// institution and XXXXX the transit number, which is the branch. Without the
// hyphen, eight digits are of the second form. What is none is of class Invalid,
// code invalid_routing_number, field routing_number.
func ParseCanadianRouting(text string) (institution, transit string, err error) {
	if len(text) == 9 && allOf(text, 'n') && text[0] == '0' {
		return text[1:4], text[4:], nil
	}
	if digits, ok := grouped(text, 5, 3); ok {
		return digits[5:], digits[:5], nil
	}
	return "", "", badRouting("it is written as 0 and eight digits, institution first, or as five digits, a hyphen and three, transit first")
}

// CanadianRouting writes the electronic form of an institution of three digits and
// a transit number of five.
func CanadianRouting(institution, transit string) string { return "0" + institution + transit }
