package connect

// checkTogether refuses what a charge cannot be at once, though each part of it could
// be one.
func checkTogether(r *ChargeRequest) error {
	bad := func(field, msg string) error { return badField("invalid_request", field, msg) }
	converted := !r.SettleIn.IsZero() || !r.FeeIn.IsZero()
	switch {
	case len(r.Tenders) > 0 && converted:
		return bad("tenders", "credit and vouchers pay in their own currency, and nothing of the charge is converted")
	case len(r.Tenders) > 0 && r.Hold != nil:
		return bad("tenders", "a share that waits is paid by its source alone")
	case len(r.Tenders) > 0 && r.MandateID != "":
		return bad("tenders", "a bank debit pays for all of its charge")
	case r.SellsCredit != "" && (converted || len(r.Lines) > 0):
		return bad("sellsCredit", "credit is sold for as much as is paid for it")
	}
	return nil
}
