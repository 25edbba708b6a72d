package connect

import (
	"slices"

	"github.com/soukhq/souk/ledger"
)

// useSaved completes a request that names a customer or a saved source, and
// returns the customer, if it names one.
func (p *Platform) useSaved(u *ledger.Unit, r *ChargeRequest) (*Customer, error) {
	if r.CustomerID == "" && r.SavedSourceID == "" {
		if r.Save != nil {
			return nil, badField("invalid_request", "save", "a source is saved for a customer")
		}
		return nil, nil
	}
	var s *SavedSource
	var err error
	owner := r.CustomerID
	if r.SavedSourceID != "" {
		switch s, err = p.savedSource(u, r.SavedSourceID); {
		case err != nil:
			return nil, err
		case owner != "" && owner != s.Customer:
			return nil, notFound("saved source")
		}
		owner = s.Customer
	}
	k, err := p.customer(u, owner)
	if err != nil {
		return nil, err
	}
	if err := k.paysTo(r); err != nil {
		return nil, err
	}
	switch {
	case s != nil && r.Source != "":
		return nil, badField("invalid_request", "source", "a charge is of a source or of a saved one")
	case s == nil && r.MandateID != "":
		return k, mandateOfCustomer(r)
	case s == nil && r.Source != "":
		return k, p.checkSave(u, r)
	case s == nil && k.DefaultSource == "" && len(r.Tenders) > 0:
		return k, p.checkSave(u, r) // credit may pay for all of it
	case s == nil && k.DefaultSource == "":
		return nil, badState("no_default_source", "customer", "the customer has no saved source that a charge could be of")
	case s == nil:
		if s, err = p.savedSource(u, k.DefaultSource); err != nil {
			return nil, err
		}
		r.SavedSourceID = s.ID
	}
	return k, p.chargeSaved(u, r, s)
}

// mandateOfCustomer refuses to save what a charge of a customer's by mandate does not
// use.
func mandateOfCustomer(r *ChargeRequest) error {
	if r.Save != nil {
		return badField("invalid_request", "save", "a mandate is kept by itself")
	}
	return nil
}

// paysTo refuses a customer who is another merchant's.
func (k *Customer) paysTo(r *ChargeRequest) error {
	merchant := ""
	if r.Direct {
		merchant = r.AccountID
	}
	switch {
	case k.Account == merchant:
		return nil
	case k.Account == "":
		return badState("other_merchant", "customer", "the customer is the platform's, and a direct charge names one of its seller's")
	}
	return badState("other_merchant", "customer", "the customer is that of the direct charges of "+k.Account)
}

// chargeSaved puts on a request what its saved source says: the token, and for a
// payment without the buyer what they agreed to.
func (p *Platform) chargeSaved(u *ledger.Unit, r *ChargeRequest, s *SavedSource) error {
	if err := s.usable(u.At()); err != nil {
		return err
	}
	absent := r.Initiation.absent()
	switch {
	case s.Acquirer != acquirerName(p.e):
		return otherAcquirer(s)
	case r.Method != "" && r.Method != s.Method && (s.Method != "" || r.Method != "card"):
		return badField("method_mismatch", "method", "the source was saved for another method")
	case r.Save != nil:
		return badField("invalid_request", "save", "the source is saved already")
	case r.Initiation.Agreement != (BuyerAgreement{}) || r.Initiation.First != "":
		return badField("invalid_request", "initiation", "a saved source brings the agreement and the transaction")
	case !s.agreed(r.Initiation.By):
		return badState("agreement_required", "initiation", "the buyer did not agree to payments of this kind when the source was saved")
	case absent && s.Revoked != "":
		return badState("agreement_revoked", "savedSource", "the buyer has taken the agreement back: "+s.Revoked)
	}
	r.Source = s.Details.Token
	if r.Method == "" {
		r.Method = s.Method
	}
	if absent {
		r.Initiation.Agreement, r.Initiation.First = s.Agreement, s.First
	}
	return nil
}

// checkSave refuses to save what a charge uses where that cannot be.
func (p *Platform) checkSave(u *ledger.Unit, r *ChargeRequest) error {
	switch {
	case r.Save == nil:
		return nil
	case r.Initiation.absent():
		return badField("invalid_request", "save", "only a buyer who is present lets a source be saved")
	case p.e.saver() == nil:
		return p.e.unsaved("save")
	}
	return checkTerms(r.Save, u.At())
}

// saveWith keeps on a new charge whose it is and what is to be saved.
func (c *Charge) saveWith(k *Customer, r *ChargeRequest) {
	if k == nil {
		return
	}
	c.Customer, c.SavedSource = k.ID, r.SavedSourceID
	if r.Save != nil {
		t := *r.Save
		t.For, t.Agreement.At = slices.Clone(t.For), t.Agreement.At.UTC().Round(0)
		c.Save = &t
	}
}

// sourceUsed keeps what an approved charge means to a saved source: it is saved
// now, or its first transaction is known. The charge itself is approved whatever
// becomes of that.
func (p *Platform) sourceUsed(u *ledger.Unit, c *Charge, a Answer) error {
	if c.Save != nil && c.SavedSource == "" && c.SaveCode == "" {
		return p.saveUsed(u, c, a)
	}
	if c.Save != nil || c.SavedSource == "" || a.Auth.Transaction == "" {
		return nil
	}
	s, err := p.savedSource(u, c.SavedSource)
	if err != nil || s.First != "" {
		return err
	}
	s.First = a.Auth.Transaction
	return p.putSource(u, s, EventSourceUpdated)
}

// saveUsed saves what a charge used. Where that cannot be the charge says why.
func (p *Platform) saveUsed(u *ledger.Unit, c *Charge, a Answer) error {
	if !a.Saved.usable() {
		c.SaveCode = "not_saved"
		return nil
	}
	k, err := p.customer(u, c.Customer)
	var s *SavedSource
	if err == nil {
		s, err = p.newSource(u, k, c.Save)
	}
	if code := codeOf(err); code == "customer_deleted" || code == "too_many_sources" {
		c.SaveCode = code
		return nil
	}
	if err != nil {
		return err
	}
	s.Source, s.Method, s.Charge = c.Source, c.Method, c.ID
	c.SavedSource = s.ID
	if err := p.activate(u, k, s, a); err != nil {
		return err
	}
	if k.DefaultSource == s.ID {
		return p.putCustomer(u, k, EventCustomerUpdated)
	}
	return customerKind.Put(u, k.ID, k)
}

// revocations are the decline codes with which a buyer's bank says that they have
// taken back what they agreed to.
var revocations = []string{"revocation_of_all_authorizations", "revocation_of_authorization", "stop_payment_order"}

// sourceRefused keeps that the buyer's agreement to payments without them is no
// longer there.
func (p *Platform) sourceRefused(u *ledger.Unit, c *Charge, a Answer) error {
	if c.SavedSource == "" || c.Save != nil || !c.Initiation.absent() || !slices.Contains(revocations, a.Code) {
		return nil
	}
	s, err := p.savedSource(u, c.SavedSource)
	if err != nil || s.Revoked != "" {
		return err
	}
	s.Revoked = a.Code
	return p.putSource(u, s, EventSourceUpdated)
}
