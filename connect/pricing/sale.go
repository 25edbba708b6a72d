package pricing

import (
	"cmp"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// The methods of payment that hosts name alike. Others are the host's own.
const (
	Card      = "card"
	BankDebit = "bank_debit"
	Bitcoin   = "bitcoin"
)

// Sale is what a price may depend on. What is not known stays zero.
type Sale struct {
	Amount ledger.Money // more than zero
	// Of is what a platform's prices are computed of, taxes and tips left out: the
	// zero Money is the whole amount.
	Of ledger.Money

	Country       string          // of the platform, ISO 3166-1 alpha-2
	Books         ledger.Currency // in which the platform keeps its books
	Seller        string          // the account's id
	SellerCountry string          // ISO 3166-1 alpha-2
	Category      string          // of what is sold, in the host's words
	Method        string          // how it is paid; empty is Card
	CardCountry   string          // where the card was issued, ISO 3166-1 alpha-2, if the source tells
	At            time.Time       // when it was asked for, by the engine's clock
}

// base is what a platform's prices are computed of.
func (s *Sale) base() ledger.Money {
	if s.Of == (ledger.Money{}) {
		return s.Amount
	}
	return s.Of
}

// Origin is where a card comes from, seen from the platform. It is empty where
// the source does not tell.
type Origin string

// The origins of a card.
const (
	Domestic      Origin = "domestic"      // of the platform's country
	Regional      Origin = "regional"      // of another country in one of the table's regions
	International Origin = "international" // of any other country
)

// EEA lists the countries of the European Economic Area (2020 on), a region for
// Table.Regions.
func EEA() []string {
	return []string{
		"AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IS", "IE",
		"IT", "LV", "LI", "LT", "LU", "MT", "NL", "NO", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
	}
}

func (t *Table) origin(s *Sale) Origin {
	switch {
	case !country(s.CardCountry) || !country(s.Country):
		return ""
	case s.CardCountry == s.Country:
		return Domestic
	}
	for _, r := range t.Regions {
		if slices.Contains(r, s.Country) && slices.Contains(r, s.CardCountry) {
			return Regional
		}
	}
	return International
}

// Match says which sales a rule or modifier is for. What is empty does not
// matter; of a list one must fit.
type Match struct {
	Currency        ledger.Currency `json:"currency,omitzero"`
	Countries       []string        `json:"countries,omitzero"`       // of the platform, ISO 3166-1 alpha-2
	SellerCountries []string        `json:"sellerCountries,omitzero"` // ISO 3166-1 alpha-2
	Sellers         []string        `json:"sellers,omitzero"`         // ids of accounts
	Categories      []string        `json:"categories,omitzero"`
	Methods         []string        `json:"methods,omitzero"`
	Origins         []Origin        `json:"origins,omitzero"` // for processing alone: a platform's price is fixed before the card is known
	From            time.Time       `json:"from,omitzero"`    // from this moment on,
	Until           time.Time       `json:"until,omitzero"`   // and before this one, by when the sale was asked for
}

func (m *Match) fits(s *Sale, from Origin) bool {
	return (m.Currency.IsZero() || m.Currency == s.Amount.Currency()) &&
		(m.From.IsZero() || !s.At.Before(m.From)) && (m.Until.IsZero() || s.At.Before(m.Until)) &&
		among(m.Methods, cmp.Or(s.Method, Card)) && among(m.Categories, s.Category) && among(m.Sellers, s.Seller) &&
		among(m.Countries, s.Country) && among(m.SellerCountries, s.SellerCountry) && among(m.Origins, from)
}

func among[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

func (m Match) clone() Match {
	for _, list := range []*[]string{&m.Countries, &m.SellerCountries, &m.Sellers, &m.Categories, &m.Methods} {
		*list = slices.Clone(*list)
	}
	m.Origins = slices.Clone(m.Origins)
	return m
}
