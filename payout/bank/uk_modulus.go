package bank

// Check refuses an account number that the table finds wrong: six digits of a sort
// code and eight of an account, as ParseUKAccount returns them. Class Invalid, code
// invalid_account_number, field account_number. A sort code that is not in the
// table cannot be checked, and passes.
func (t *ModulusTable) Check(sortCode, account string) error {
	if !sixDigits(sortCode) || len(account) != 8 || !allOf(account, 'n') {
		return badAccount("it has six digits of a sort code and eight of an account")
	}
	if t == nil || t.fits(sortCode, account) {
		return nil
	}
	return badAccount("it does not pass the check of its bank: a digit of the sort code or of the number is wrong")
}

// fits goes by the exceptions as they are numbered in "Validating account numbers".
// a to h are the digits of the account.
func (t *ModulusTable) fits(sort, account string) bool {
	rows := t.of(sort)
	if len(rows) == 0 {
		return true
	}
	a, c, g, h := account[0], account[2], account[6], account[7]
	if rows[0].exception == 6 && '4' <= a && a <= '8' && g == h {
		return true // a foreign currency account, which cannot be checked
	}
	first := t.passes(rows[0], sort, account)
	if len(rows) == 1 {
		if !first && rows[0].exception == 14 && (h == '0' || h == '1' || h == '9') {
			return t.passes(rows[0], sort, "0"+account[:7])
		}
		return first
	}
	switch one, two := rows[0].exception, rows[1].exception; {
	case one == 2 && two == 9, one == 10 && two == 11, one == 12 && two == 13:
		return first || t.passes(rows[1], sort, account)
	case two == 3 && (c == '6' || c == '9'):
		return first
	}
	return first && t.passes(rows[1], sort, account)
}

// passes does one check.
func (t *ModulusTable) passes(row modulusRow, sort, account string) bool {
	a, b, g, h := account[0], account[1], account[6], account[7]
	w := row.weights
	switch row.exception {
	case 2:
		if a != '0' && g != '9' {
			w = [14]int{0, 0, 1, 2, 5, 3, 6, 4, 8, 7, 10, 9, 3, 1}
		} else if a != '0' {
			w = [14]int{0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 10, 9, 3, 1}
		}
	case 5:
		if s, ok := t.subs[sort]; ok {
			sort = s
		}
	case 7:
		if g == '9' {
			clear(w[:8])
		}
	case 8:
		sort = "090126"
	case 9:
		sort = "309634"
	case 10:
		if (a == '0' || a == '9') && b == '9' && g == '9' {
			clear(w[:8])
		}
	}
	total := row.total(w, sort+account)
	switch row.exception {
	case 1:
		total += 27
	case 4:
		return total%11 == int(g-'0')*10+int(h-'0')
	case 5:
		return row.checkDigit(total, g, h)
	}
	if row.method == mod11 {
		return total%11 == 0
	}
	return total%10 == 0
}

func (row modulusRow) total(weights [14]int, digits string) int {
	total := 0
	for i, w := range weights {
		p := int(digits[i]-'0') * w
		if row.method == dblal {
			p = p/100 + p/10%10 + p%10
		}
		total += p
	}
	return total
}

// checkDigit is exception 5: g is the check digit of the first method, h that of
// the second.
func (row modulusRow) checkDigit(total int, g, h byte) bool {
	if row.method == mod11 {
		switch rest := total % 11; rest {
		case 0:
			return g == '0'
		case 1:
			return false
		default:
			return int(g-'0') == 11-rest
		}
	}
	return int(h-'0') == (10-total%10)%10
}
