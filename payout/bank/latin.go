package bank

// ParseCLABE reads the 18 digits of a Mexican account: bank 3, place 3, account 11
// and a check digit (Banco de México, weights 3, 7, 1). What is none is of class
// Invalid, code invalid_clabe, field clabe.
func ParseCLABE(text string) (string, error) {
	if len(text) != 18 || !allOf(text, 'n') {
		return "", invalid("invalid_clabe", "clabe", "it has 18 digits")
	}
	sum := 0
	for i, w := range [17]int{3, 7, 1, 3, 7, 1, 3, 7, 1, 3, 7, 1, 3, 7, 1, 3, 7} {
		sum += int(text[i]-'0') * w % 10
	}
	if (10-sum%10)%10 != int(text[17]-'0') {
		return "", invalid("invalid_clabe", "clabe", "its check digit does not fit: a digit is wrong")
	}
	return text, nil
}

// ParseCBU reads the 22 digits of an Argentine account: bank 3, branch 4 and a
// check digit, account 13 and a check digit (Banco Central de la República
// Argentina, weights 3, 1, 7, 9 from the right). What is none is of class Invalid,
// code invalid_cbu, field cbu.
func ParseCBU(text string) (string, error) {
	if len(text) != 22 || !allOf(text, 'n') {
		return "", invalid("invalid_cbu", "cbu", "it has 22 digits")
	}
	if weighted(text[:8], 7, 1, 3, 9, 7, 1, 3, 1)%10 != 0 || weighted(text[8:], 3, 9, 7, 1, 3, 9, 7, 1, 3, 9, 7, 1, 3, 1)%10 != 0 {
		return "", invalid("invalid_cbu", "cbu", "its check digits do not fit: a digit is wrong")
	}
	return text, nil
}
