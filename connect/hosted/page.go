package hosted

import (
	"cmp"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/locale"
)

// field is one that is asked for.
type field struct {
	Name  string // in its form: its path
	ID    string // in the page
	Label string // the key of its text
	Type  string // of its input; "check" and "choice" are no inputs of one line
	Auto  string // what browsers may fill in
	Value string // what was typed before
	Error string // the key of what is wrong with it
	Mode  string // of keyboards
}

// fieldset is one form of the page.
type fieldset struct {
	Action, Title string
	Person        string            // the id of who it is about
	Roles         []compliance.Role // that they have, or that may be chosen
	Fields        []field
	Others        []compliance.Person // who is named already, and may have the roles instead of somebody new
	Error         string              // of the form as a whole
	Nonce         string              // so that what is sent twice is done once
}

// view is what page.html shows.
type view struct {
	Platform string
	Forms    []fieldset
	Bank     *fieldset
	Terms    *fieldset
	Vault    *Vault
	Account  string
	Slot     template.HTML
	TermsURL string
	Country  string
	Currency string
	CSRF     string
	Return   string
	Errors   []field // of all forms, to be listed at the top
}

// tried is what a form sent that was refused.
type tried struct {
	action, person, field, code string
	values                      func(string) string
}

// show shows the page of a session.
func (h *Pages) show(w http.ResponseWriter, r *http.Request) {
	s, err := h.session(r)
	switch {
	case err != nil:
		h.failed(w, r)
	case s == nil:
		h.message(w, r, http.StatusUnauthorized, "no_session", "")
	case s.Use == Login:
		h.showAccount(w, r, s)
	default:
		h.showPage(w, r, s, http.StatusOK, nil)
	}
}

func (h *Pages) showPage(w http.ResponseWriter, r *http.Request, s *session, status int, bad *tried) {
	p, err := h.c.Engine.Platform(r.Context(), s.Platform)
	var v *view
	if err == nil {
		v, err = h.view(r, p, s, bad)
	}
	if err != nil {
		h.failed(w, r)
		return
	}
	h.render(w, r, status, "page.html", s.Language, map[string]any{"View": v})
}

// view lays out what is due, and nothing else.
func (h *Pages) view(r *http.Request, p *connect.Platform, s *session, bad *tried) (*view, error) {
	a, err := p.GetAccount(r.Context(), s.Account)
	if err != nil {
		return nil, err
	}
	due, err := p.Requirements(r.Context(), s.Account)
	if err != nil {
		return nil, err
	}
	persons, err := p.Persons(r.Context(), s.Account)
	if err != nil {
		return nil, err
	}
	v := &view{Vault: h.c.Vault, Slot: h.c.BankSlot, TermsURL: h.c.TermsURL, Country: a.Country, Currency: a.Currency.String(), Account: a.ID, CSRF: s.csrf, Return: s.Return}
	own := fieldset{Action: "details", Title: "section.business"}
	if a.Type == compliance.Individual {
		own.Title = "section.you"
	}
	named := make(map[string]*fieldset)
	for i := range persons {
		named[persons[i].ID] = &fieldset{Action: "person", Title: "section.person", Person: persons[i].ID, Roles: persons[i].Roles}
	}
	fresh := fieldset{Action: "person", Title: "section.new_person"}
	for _, q := range due {
		first, rest, _ := strings.Cut(q.Field, ".")
		role, isRole := roleOf(first)
		switch {
		case q.Field == "external_account":
			v.Bank = &fieldset{Action: "bank", Fields: []field{{Name: "bank_token", ID: "bank_token", Label: "field.bank_token", Type: "text"}}}
		case first == "tos_acceptance":
			v.Terms = &fieldset{Action: "terms", Fields: []field{{Name: "terms", ID: "terms", Label: "field.terms", Type: "check"}}}
		case named[first] != nil:
			named[first].add(first, rest)
		case isRole:
			fresh.add("new", rest)
			if !slices.Contains(fresh.Roles, role) {
				fresh.Roles = append(fresh.Roles, role)
			}
		default:
			own.add("", q.Field)
		}
	}
	v.Forms = append(v.Forms, own)
	for _, x := range persons {
		v.Forms = append(v.Forms, *named[x.ID])
	}
	fresh.Others = persons
	v.Forms = append(v.Forms, fresh)
	v.Forms = slices.DeleteFunc(v.Forms, func(f fieldset) bool { return len(f.Fields) == 0 })
	for i := range v.Forms {
		slices.SortStableFunc(v.Forms[i].Fields, func(a, b field) int { return cmp.Compare(rank(a.Name), rank(b.Name)) })
		v.again(&v.Forms[i], bad)
	}
	v.again(v.Bank, bad)
	v.again(v.Terms, bad)
	return v, nil
}

// asks tells whether the page asks for all that a form says: of somebody who is named, and,
// where roles are open, of somebody who has them from now on.
func (v *view) asks(action, person string, roles []compliance.Role, fields map[string]string) bool {
	var open []compliance.Role
	names := make(map[string]bool)
	for _, f := range v.Forms {
		if f.Action != action || f.Person != "" && f.Person != person || f.Person == "" && action == "person" && len(roles) == 0 {
			continue
		}
		for _, x := range f.Fields {
			names[x.Name] = true
		}
		if f.Person == "" {
			open = append(open, f.Roles...)
		}
	}
	for name := range fields {
		if !names[name] {
			return false
		}
	}
	return !slices.ContainsFunc(roles, func(r compliance.Role) bool { return !slices.Contains(open, r) })
}

// again puts into a form what was typed, what was wrong with it, and a new nonce.
func (v *view) again(f *fieldset, bad *tried) {
	if f == nil {
		return
	}
	f.Nonce = ledger.Secret()
	if bad == nil || bad.action != f.Action || bad.person != f.Person {
		return
	}
	for i := range f.Fields {
		x := &f.Fields[i]
		x.Value = bad.values(x.Name)
		if x.Name == bad.field {
			x.Error = "error." + bad.code
			v.Errors = append(v.Errors, *x)
		}
	}
	if len(v.Errors) == 0 {
		f.Error = "error." + bad.code
		v.Errors = append(v.Errors, field{ID: f.Fields[0].ID, Label: f.Fields[0].Label, Error: f.Error})
	}
}

// rank puts fields in the order in which people write them.
func rank(path string) int {
	order := []string{
		"company.name", "first_name", "last_name", "day", "month", "year", "line1", "postal_code", "city", "state", "email", "phone",
		"registration_number", "tax_id", "id_number", "ssn_last_4", "url", "mcc", "title", "executive", "percent_ownership", "document", "additional_document",
	}
	i := slices.IndexFunc(order, func(last string) bool { return path == last || strings.HasSuffix(path, "."+last) })
	if i < 0 {
		return len(order)
	}
	return i
}

// roleOf reads the word under which the fields of a role are asked for.
func roleOf(word string) (compliance.Role, bool) {
	switch word {
	case "representative":
		return compliance.Representative, true
	case "owners":
		return compliance.Owner, true
	case "directors":
		return compliance.Director, true
	case "executives":
		return compliance.Executive, true
	}
	return "", false
}

// add asks for a field, once.
func (f *fieldset) add(of, path string) {
	if slices.ContainsFunc(f.Fields, func(x field) bool { return x.Name == path }) {
		return
	}
	last := path[strings.LastIndexByte(path, '.')+1:]
	x := field{Name: path, ID: strings.NewReplacer(".", "-").Replace(of + "-" + path), Label: "field." + path, Type: "text"}
	x.ID = strings.Trim(x.ID, "-")
	own := strings.HasPrefix(path, "company.") || strings.HasPrefix(path, "business_profile.")
	switch {
	case strings.HasSuffix(path, "_provided"):
		x.Type = "check"
	case last == "executive":
		x.Type = "choice"
	case last == "email", last == "url":
		x.Type = last
	case last == "phone":
		x.Type = "tel"
	case slices.Contains([]string{"day", "month", "year", "mcc", "ssn_last_4"}, last):
		x.Mode = "numeric"
	}
	if auto := map[string]string{
		"first_name": "given-name", "last_name": "family-name", "email": "email", "phone": "tel", "city": "address-level2", "state": "address-level1",
		"line1": "address-line1", "postal_code": "postal-code", "day": "bday-day", "month": "bday-month", "year": "bday-year",
	}[last]; auto != "" && of == "" && (!own || strings.Contains(path, "address")) {
		x.Auto = auto
	}
	x.Auto = cmp.Or(x.Auto, "off")
	f.Fields = append(f.Fields, x)
}

// line is one line of the account's page.
type line struct{ Name, Value, Detail string }

// showAccount shows how an account stands.
func (h *Pages) showAccount(w http.ResponseWriter, r *http.Request, s *session) {
	data, err := h.account(r, s)
	if err != nil {
		h.failed(w, r)
		return
	}
	h.render(w, r, http.StatusOK, "account.html", s.Language, data)
}

func (h *Pages) account(r *http.Request, s *session) (map[string]any, error) {
	ctx := r.Context()
	p, err := h.c.Engine.Platform(ctx, s.Platform)
	if err != nil {
		return nil, err
	}
	status, err := p.AccountStatus(ctx, s.Account)
	if err != nil {
		return nil, err
	}
	b, err := p.Balance(ctx, s.Account)
	if err != nil {
		return nil, err
	}
	tag := language.Make(s.Language)
	var balances, payouts []line
	for _, c := range b.Currencies {
		balances = append(balances, line{Name: c.Currency.String(), Value: locale.Format(c.Available, tag), Detail: locale.Format(c.Pending, tag)})
	}
	page, err := p.ListPayouts(ctx, connect.ListRequest{AccountID: s.Account})
	if err != nil {
		return nil, err
	}
	for _, o := range page.Items {
		payouts = append(payouts, line{Name: o.Created.Format("2006-01-02"), Value: locale.Format(o.Amount, tag), Detail: "payout." + string(o.Status)})
	}
	return map[string]any{"Status": status, "Balances": balances, "Payouts": payouts, "Return": s.Return, "CSRF": s.csrf}, nil
}
