package rule

import "github.com/soukhq/souk/compliance"

type payment = compliance.Payment

// row makes an attribute of what a payment has.
func row(name string, t Type, from Source, get func(*payment) compliance.Value, about string, more ...func(*attribute)) *attribute {
	a := &attribute{Attribute: Attribute{Name: name, Type: t, Source: from, About: about}, get: get}
	for _, m := range more {
		m(a)
	}
	return a
}

// list makes an attribute that is a list.
func list(name string, t Type, about string, size func(*payment) int, item func(*payment, int) string) *attribute {
	return &attribute{Attribute: Attribute{Name: name, Type: t, List: true, Source: FromEngine, About: about}, size: size, item: item}
}

// told makes an attribute that the host tells.
func told(name string, t Type, about string, more ...func(*attribute)) *attribute {
	return row(name, t, FromHost, hosted(name), about, more...)
}

func private(a *attribute) { a.Private = true }
func late(a *attribute)    { a.Late = true }
func counts(a *attribute)  { a.counts = true }

func only(values ...string) func(*attribute) {
	return func(a *attribute) { a.Values = values }
}

// rows are the attributes. Their types, which of them mind case and which are known
// late are those of Stripe's Radar (2024 reference), whose 150 attributes all have a
// counterpart here, or in a count: testdata/radar.txt.
func rows() []*attribute {
	var all []*attribute
	for _, part := range [][]*attribute{ofPayment(), ofCard(), ofBuyer(), ofAddresses(), ofAuth(), ofSeller(), ofHost()} {
		all = append(all, part...)
	}
	return all
}

func ofPayment() []*attribute {
	return []*attribute{
		row("amount", Money, FromEngine, func(p *payment) compliance.Value { return compliance.OfMoney(p.Amount) }, "what is paid, in major units"),
		row("fee", Money, FromEngine, func(p *payment) compliance.Value { return compliance.OfMoney(p.Fee) }, "the platform's commission"),
		row("currency", Currency, FromEngine, text(func(p *payment) string { return p.Amount.Currency().String() }), "that of the amount"),
		row("kind", Exact, FromEngine, text(func(p *payment) string { return string(p.Kind) }), "what moves the money", only("charge", "transfer")),
		row("method", Text, FromEngine, text(func(p *payment) string { return p.Method }), "how it is paid: card, debit, bitcoin"),
		row("category", Text, FromEngine, text(func(p *payment) string { return p.Category }), "of what is sold"),
		row("description", Text, FromEngine, text(func(p *payment) string { return p.Description }), "of the payment"),
		row("transfer_group", Exact, FromEngine, text(func(p *payment) string { return p.TransferGroup }), "that the payment belongs to"),
		row("direct", Bool, FromEngine, truth(func(p *payment) compliance.Truth { return p.Direct }), "it is the seller's own charge"),
		row("on_behalf_of", Exact, FromEngine, text(func(p *payment) string { return p.OnBehalfOf }), "the account that it counts as that of"),
		row("from", Exact, FromEngine, text(func(p *payment) string { return p.From }), "the account that a transfer leaves", counts),
		row("platform", Exact, FromEngine, text(func(p *payment) string { return p.Platform }), "the platform's id", counts),
		row("lines.count", Number, FromEngine, func(p *payment) compliance.Value {
			if p.Lines == nil {
				return compliance.Value{}
			}
			return compliance.OfWhole(int64(len(p.Lines)))
		}, "how many lines it has"),
		list("lines.categories", Text, "the categories of its lines", func(p *payment) int { return length(p.Lines) }, func(p *payment, i int) string { return p.Lines[i].Category }),
		list("lines.sellers", Exact, "the accounts that its lines name", func(p *payment) int { return length(p.Lines) }, func(p *payment, i int) string { return p.Lines[i].Seller }),
	}
}

func ofCard() []*attribute {
	return []*attribute{
		row("card.brand", Text, FromAcquirer, text(func(p *payment) string { return p.Card.Brand }), "its network: visa"),
		row("card.funding", Text, FromAcquirer, text(func(p *payment) string { return p.Card.Funding }), "whose money it spends", only("credit", "debit", "prepaid", "unknown")),
		row("card.country", Country, FromAcquirer, text(func(p *payment) string { return p.Card.Country }), "where it was issued", counts),
		row("card.bin", Text, FromAcquirer, text(func(p *payment) string { return p.Card.BIN }), "its first six or eight digits", counts),
		row("card.last4", Text, FromAcquirer, text(func(p *payment) string { return p.Card.Last4 }), "its last four digits"),
		row("card.fingerprint", Exact, FromAcquirer, text(func(p *payment) string { return p.Card.Fingerprint }), "the same for the same card", private, counts),
		row("card.wallet", Text, FromAcquirer, text(func(p *payment) string { return p.Card.Wallet }), "the wallet that holds it: apple_pay"),
		row("card.secure", Text, FromAcquirer, text(func(p *payment) string { return p.Card.Secure }), "whether it takes 3-D Secure", only("required", "recommended", "optional", "not_supported")),
		row("card.new", Bool, FromEngine, truth(func(p *payment) compliance.Truth { return p.Card.New }), "the customer has not paid with it before"),
		row("check.cvc", Exact, FromAcquirer, text(func(p *payment) string { return p.Checks.CVC }), "of the card's code", late, only(checkValues...)),
		row("check.line1", Exact, FromAcquirer, text(func(p *payment) string { return p.Checks.Line1 }), "of the first line of the address", late, only(checkValues...)),
		row("check.postal_code", Exact, FromAcquirer, text(func(p *payment) string { return p.Checks.PostalCode }), "of the postal code", late, only(checkValues...)),
	}
}

var checkValues = []string{"pass", "fail", "unavailable", "unchecked", "not_provided"}

func ofBuyer() []*attribute {
	return []*attribute{
		row("customer", Exact, FromEngine, text(func(p *payment) string { return p.Buyer.Customer }), "the customer's id", counts),
		row("buyer.name", Text, FromEngine, text(func(p *payment) string { return p.Buyer.Name }), "of who pays", private),
		row("buyer.country", Country, FromEngine, text(func(p *payment) string { return p.Buyer.Country }), "where they are, as they say"),
		row("email", Text, FromEngine, text(func(p *payment) string { return p.Buyer.Email }), "of who pays", private, counts),
		row("email.domain", Text, FromEngine, text(domain), "what follows its @", private, counts),
		row("ip", Text, FromHost, text(func(p *payment) string { return p.Buyer.IP }), "the address that the buyer's device has", private, counts),
		row("ip.country", Country, FromHost, text(func(p *payment) string { return p.Buyer.IPCountry }), "where that address is"),
	}
}

func ofAddresses() []*attribute {
	var all []*attribute
	for _, of := range []struct {
		name, about string
		get         func(*payment) *compliance.Address
	}{
		{"billing", "of the card's address", func(p *payment) *compliance.Address { return &p.Billing }},
		{"shipping", "of the address that it is sent to", func(p *payment) *compliance.Address { return &p.Shipping }},
	} {
		all = append(all,
			row(of.name, Text, FromHost, text(func(p *payment) string { return whole(of.get(p)) }), "all "+of.about+" in one line", private),
			row(of.name+".line1", Text, FromHost, text(func(p *payment) string { return of.get(p).Line1 }), "the first line "+of.about, private),
			row(of.name+".line2", Text, FromHost, text(func(p *payment) string { return of.get(p).Line2 }), "the second line "+of.about, private),
			row(of.name+".postal_code", Text, FromHost, text(func(p *payment) string { return of.get(p).PostalCode }), "the postal code "+of.about, private),
			row(of.name+".city", Text, FromHost, text(func(p *payment) string { return of.get(p).City }), "the city "+of.about, private),
			row(of.name+".state", Text, FromHost, text(func(p *payment) string { return of.get(p).State }), "the state or province "+of.about),
			row(of.name+".country", Country, FromHost, text(func(p *payment) string { return of.get(p).Country }), "the country "+of.about),
		)
	}
	return all
}

func ofAuth() []*attribute {
	return []*attribute{
		row("three_d_secure", Bool, FromEngine, truth(func(p *payment) compliance.Truth { return p.Auth.Secure }), "the buyer goes through 3-D Secure"),
		row("three_d_secure.authenticated", Bool, FromAcquirer, truth(func(p *payment) compliance.Truth { return p.Auth.Authenticated }), "and that ended well"),
		row("liability_shift", Bool, FromAcquirer, truth(func(p *payment) compliance.Truth { return p.Auth.LiabilityShift }), "the issuer bears fraud"),
		row("off_session", Bool, FromEngine, truth(func(p *payment) compliance.Truth { return p.Auth.OffSession }), "the buyer is not there"),
		row("recurring", Bool, FromEngine, truth(func(p *payment) compliance.Truth { return p.Auth.Recurring }), "it is one of a series"),
	}
}

func ofSeller() []*attribute {
	return []*attribute{
		row("seller", Exact, FromEngine, text(func(p *payment) string { return p.Seller.ID }), "the account that gets the money", counts),
		row("seller.country", Country, FromEngine, text(func(p *payment) string { return p.Seller.Country }), "where it is"),
		list("seller.countries", Country, "in which it sells", func(p *payment) int { return length(p.Seller.Countries) }, func(p *payment, i int) string { return p.Seller.Countries[i] }),
		list("seller.currencies", Currency, "in which it is paid out", func(p *payment) int { return length(p.Seller.Currencies) }, func(p *payment, i int) string { return p.Seller.Currencies[i].String() }),
		row("seller.category", Text, FromEngine, text(func(p *payment) string { return p.Seller.Category }), "what it sells"),
		row("seller.type", Text, FromEngine, text(func(p *payment) string { return p.Seller.Type }), "what it is: individual, company"),
		row("seller.age", Duration, FromEngine, age, "how long ago it was created"),
		row("seller.age_days", Number, FromEngine, ageDays, "the same in whole days"),
		row("seller.verified", Bool, FromEngine, truth(func(p *payment) compliance.Truth { return p.Seller.Verified }), "all that is asked of it is there"),
		row("seller.short", Bool, FromEngine, truth(func(p *payment) compliance.Truth { return p.Seller.Short }), "a balance of it is below zero"),
		row("seller.exposure", Money, FromEngine, func(p *payment) compliance.Value { return compliance.OfMoney(p.Seller.Exposure) }, "what buyers may still dispute"),
		row("seller.bank_sharers", Number, FromEngine, sharers, "how many accounts, itself among them, have a bank account that it has"),
	}
}

// sharers is missing where nobody knows: an account has itself at least.
func sharers(p *payment) compliance.Value {
	if p.Seller.BankSharers < 1 {
		return compliance.Value{}
	}
	return compliance.OfWhole(p.Seller.BankSharers)
}

// ofHost are facts that take a network of cards, a reputation of addresses or the
// host's own pages to know.
func ofHost() []*attribute {
	return []*attribute{
		told("risk.level", Text, "how risky a model finds it"),
		told("risk.score", Number, "the same as a number"),
		told("checkout", Bool, "it comes from the host's own checkout page"),
		told("cryptogram", Bool, "the wallet sent a cryptogram"),
		told("email.disposable", Bool, "its domain is of addresses that are thrown away"),
		told("email.known", Duration, "how long anybody has known the address"),
		told("ip.anonymous", Bool, "the address is of a proxy or of Tor"),
		told("ip.login", Bool, "somebody of the platform has logged in from it"),
	}
}
