package connect

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// OptionsRequest asks what a buyer can be shown for a cart.
type OptionsRequest struct {
	BuyerCountry string       // ISO 3166-1 alpha-2
	AccountID    string       // the seller; empty: the platform itself
	Amount       ledger.Money // what the buyer pays in all
	Language     string       // what the buyer reads, BCP 47; empty: the first of the market
	// SettleIn is that of the charge to come (ChargeRequest.SettleIn): its least amount
	// holds then, and not that of where the seller is paid.
	SettleIn ledger.Currency
}

// Options is what to show a buyer for a cart on a day, and what not. The host
// draws it. A charge that names the buyer's country keeps the same rules.
type Options struct {
	BuyerCountry string          `json:"buyerCountry"`
	Day          payout.Day      `json:"day"`               // in UTC, on which the rules hold
	Currency     ledger.Currency `json:"currency,omitzero"` // of the buyer's country
	Language     string          `json:"language,omitzero"` // of the market; ledger/locale writes amounts in it
	Amount       ledger.Money    `json:"amount"`            // as it was asked
	Settled      ledger.Money    `json:"settled,omitzero"`  // what that is where it settles, if in another currency with a known rate
	Methods      []market.Offer  `json:"methods,omitzero"`  // in the order in which they are shown
	Hidden       []market.Hidden `json:"hidden,omitzero"`   // what is not, and why

	Prices     market.TaxDisplay `json:"prices,omitzero"` // how consumers are shown prices; empty: not known
	Cash       market.Cash       `json:"cash"`            // how sums in cash are rounded
	InCash     ledger.Money      `json:"inCash"`          // the amount, if it is paid in cash
	Descriptor market.Descriptor `json:"descriptor"`      // what may stand on the statement
	// Texts are what the offered methods ask the buyer to agree to, by their names
	// (market.Offer.Text). Of one that is missing the host has its own.
	Texts map[string]OptionText `json:"texts,omitzero"`
	// Confirm names what of this is a starting point ("prices", "texts.mandate"),
	// which the host confirms by a fact of its own.
	Confirm []string `json:"confirm,omitzero"`
}

// OptionText is what a buyer agrees to, with the platform's name in it.
type OptionText struct {
	Text     string `json:"text"`
	Language string `json:"language"` // English where the market's own is not there
}

// Options says what to show a buyer for a cart. It writes nothing. Errors of class
// Invalid: unsupported_country, invalid_country and sanctioned_country (field
// buyerCountry), invalid_amount and the like (amount), invalid_language,
// unsupported_currency (settleIn); of class NotFound: the account, and a rate into
// SettleIn that nobody knows.
func (p *Platform) Options(ctx context.Context, r OptionsRequest) (*Options, error) {
	if err := p.may(ctx, "Options"); err != nil {
		return nil, err
	}
	o, err := p.options(ctx, &r)
	if err != nil {
		return nil, fmt.Errorf("connect: options: %w", err)
	}
	return o, nil
}

func (p *Platform) options(ctx context.Context, r *OptionsRequest) (*Options, error) {
	if err := p.e.start(ctx); err != nil {
		return nil, err
	}
	at := p.e.env.Time()
	prof, err := p.current(ctx)
	if err != nil {
		return nil, err
	}
	v, country, err := p.e.marketOf(r.BuyerCountry, at, prof)
	if err != nil {
		return nil, err
	}
	if err := p.e.checkMoney(r.Amount, at); err != nil {
		return nil, err
	}
	wish, err := language.Parse(r.Language)
	if err != nil && r.Language != "" {
		return nil, badField("invalid_language", "language", "a language is a tag of BCP 47")
	}
	s := market.Sale{Amount: r.Amount, Seller: prof.Country}
	if r.AccountID != "" {
		a, err := p.owned(ctx, r.AccountID)
		if err != nil {
			return nil, err
		}
		s.Seller = a.Country
	}
	if s.Settled, err = p.settledAs(ctx, r, at); err != nil {
		return nil, err
	}
	o := &Options{BuyerCountry: country, Day: payout.DayOf(at, time.UTC), Amount: r.Amount, Settled: s.Settled}
	if r.Language != "" {
		o.Language = wish.String()
	}
	o.Methods, o.Hidden = v.Offers(&s)
	return o, o.fill(&v, prof.Name, s.Seller)
}

// settledAs is what a cart comes to where it settles: in the currency that was stated,
// or where the seller is paid, as far as a rate is known. The zero Money if it settles
// as it is paid.
func (p *Platform) settledAs(ctx context.Context, r *OptionsRequest, at time.Time) (ledger.Money, error) {
	from := r.Amount.Currency()
	if r.SettleIn.IsZero() {
		return settled(r.Amount, p.settlementRate(ctx, r.AccountID, from)), nil
	}
	if err := p.e.checkCurrency("settleIn", r.SettleIn, at); err != nil || r.SettleIn == from {
		return ledger.Money{}, err
	}
	q, err := p.rates(ctx, from, r.SettleIn)
	if err == nil {
		err = q.check("settleIn", from, r.SettleIn, p.Profile().Base)
	}
	return settled(r.Amount, q.into()), err
}

// current reads the profile anew, since what it has otherwise decides.
func (p *Platform) current(ctx context.Context) (*Profile, error) {
	v, err := readProfile(ctx, p.store, p.id)
	if err != nil {
		return nil, err
	}
	return &v.Profile, nil
}

// fill adds what does not hang on the amount, and notes what is to be confirmed.
func (o *Options) fill(v *market.View, platform, seller string) error {
	o.Language = v.Language(o.Language)
	o.Currency = noted(o, "currency", v.Currency())
	o.Prices = noted(o, "prices", v.Prices())
	o.Descriptor = noted(o, "descriptor", v.Descriptor())
	noted(o, "authentication", v.Authentication(seller))
	cash := v.Cash(o.Amount.Currency())
	o.Cash = noted(o, "cash", &cash)
	for _, m := range o.Methods {
		if m.Text == "" {
			continue
		}
		text, in := v.Text(m.Text, o.Language)
		if text == nil {
			continue
		}
		if o.Texts == nil {
			o.Texts = make(map[string]OptionText)
		}
		if _, twice := o.Texts[m.Text]; !twice {
			words := noted(o, "texts."+m.Text, text)
			o.Texts[m.Text] = OptionText{strings.ReplaceAll(words, "{platform}", platform), in}
		}
	}
	var err error
	o.InCash, err = o.Cash.Round(o.Amount)
	return err
}

// noted is the value of a fact, which is to be confirmed if the fact is.
func noted[T any](o *Options, name string, f *market.Fact[T]) (v T) {
	if f == nil {
		return v
	}
	if f.Confirm {
		o.Confirm = append(o.Confirm, name)
	}
	return f.Value
}
