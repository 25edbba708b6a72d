package connect

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Customer is a buyer who comes back, with the sources that are saved for them. The
// customer of direct charges is their seller's (Account), all others are the
// platform's.
type Customer struct {
	ID            string            `json:"id"`
	Platform      string            `json:"platform"`
	Account       string            `json:"account,omitzero"` // of whose direct charges they are the customer; empty: of the platform's charges
	Email         string            `json:"email,omitzero"`
	Name          string            `json:"name,omitzero"`
	Description   string            `json:"description,omitzero"`
	DefaultSource string            `json:"defaultSource,omitzero"` // the saved source of charges that name none
	Sources       []string          `json:"sources,omitzero"`       // saved and not detached, or being saved, in the order they came
	Created       time.Time         `json:"created"`
	Deleted       time.Time         `json:"deleted,omitzero"` // what was said of them is gone since; their charges stay
	Metadata      map[string]string `json:"metadata,omitzero"`

	Work ledger.Work `json:"work,omitzero"` // of one who was deleted: what rules were told of them is to be forgotten

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// maxSources is how many sources a customer may have.
const maxSources = 50

func (k *Customer) replay() *bool { return &k.Replayed }

var customerKind = ledger.Kind[Customer]{
	Name:   "connect.customer",
	Prefix: "cus_",
	Keys: func(k *Customer) []ledger.Key {
		keys := []ledger.Key{{Name: "platform", Value: k.Platform, At: k.Created}}
		if k.Account != "" {
			keys = append(keys, ledger.Key{Name: "account", Value: k.Account, At: k.Created})
		}
		return k.Work.Keys(keys...)
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "email", Path: "email"}, {Name: "name", Path: "name"},
		{Name: "default_source", Path: "defaultSource"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
		{Name: "deleted", Path: "deleted", Type: ledger.TimeColumn},
	},
}

// CustomerRequest creates a customer.
type CustomerRequest struct {
	Key         string            `json:"-"`
	AccountID   string            `json:"account,omitzero"`     // whose direct charges are to name them; empty: the platform's own customer
	Email       string            `json:"email,omitzero"`       // an address
	Name        string            `json:"name,omitzero"`        // at most 200 characters
	Description string            `json:"description,omitzero"` // for people, at most 1,000 characters
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// CreateCustomer creates a customer.
func (p *Platform) CreateCustomer(ctx context.Context, r CustomerRequest) (*Customer, error) {
	verb := simpleVerb[Customer]{name: "create customer", kind: &customerKind, replayed: (*Customer).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Customer, error) {
		if _, err := p.expectProfile(u); err != nil {
			return nil, err
		}
		k := &Customer{
			ID: u.NewID(customerKind.Prefix), Platform: p.id, Account: r.AccountID, Email: r.Email, Name: r.Name, Description: r.Description,
			Created: u.At(), Metadata: r.Metadata,
		}
		if err := k.check(); err != nil {
			return nil, err
		}
		if r.AccountID != "" {
			if err := p.expectAccount(u, r.AccountID); err != nil {
				return nil, err
			}
		}
		return k, p.putCustomer(u, k, EventCustomerCreated)
	})
}

func (k *Customer) check() error {
	if err := checkEmail(k.Email); err != nil {
		return err
	}
	if err := checkText("name", k.Name, 200); err != nil {
		return err
	}
	if err := checkText("description", k.Description, 1000); err != nil {
		return err
	}
	return checkMetadata(k.Metadata)
}

// CustomerUpdate changes a customer. Zero fields stay as they are.
type CustomerUpdate struct {
	Key         string `json:"-"`
	CustomerID  string `json:"customer,omitzero"`
	Email       string `json:"email,omitzero"`
	Name        string `json:"name,omitzero"`
	Description string `json:"description,omitzero"`
	// DefaultSourceID is one of their saved sources that is active.
	DefaultSourceID string            `json:"defaultSource,omitzero"`
	Metadata        map[string]string `json:"metadata,omitzero"` // a value sets its key, an empty one removes it
}

// UpdateCustomer changes a customer. One that was deleted is of class State, code
// customer_deleted.
func (p *Platform) UpdateCustomer(ctx context.Context, r CustomerUpdate) (*Customer, error) {
	verb := simpleVerb[Customer]{name: "update customer", kind: &customerKind, replayed: (*Customer).replay, target: r.CustomerID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Customer, error) {
		k, err := p.customer(u, r.CustomerID)
		if err != nil {
			return nil, err
		}
		k.Email, k.Name, k.Description = cmp.Or(r.Email, k.Email), cmp.Or(r.Name, k.Name), cmp.Or(r.Description, k.Description)
		if k.Metadata, err = mergeMetadata(k.Metadata, r.Metadata); err != nil {
			return nil, err
		}
		if err := k.check(); err != nil {
			return nil, err
		}
		if r.DefaultSourceID != "" {
			s, err := p.savedSource(u, r.DefaultSourceID)
			switch {
			case err == nil && s.Customer != k.ID:
				err = notFound("saved source")
			case err == nil:
				err = s.usable(u.At())
			}
			if err != nil {
				return nil, inField("defaultSource", err)
			}
			k.DefaultSource = s.ID
		}
		return k, p.putCustomer(u, k, EventCustomerUpdated)
	})
}

// DeleteCustomerRequest deletes a customer.
type DeleteCustomerRequest struct {
	Key        string `json:"-"`
	CustomerID string `json:"customer,omitzero"`
}

// DeleteCustomer forgets what was said of a customer and detaches their sources. It
// and their charges stay, and no charge can name them any more. One that was
// deleted already is of class State, code customer_deleted.
// What rules were told of their charges (PaymentFacts) is forgotten by the next Drain, a
// hundred charges a commit: all that says who they are; the fingerprint of a card stays,
// by which cards are counted.
func (p *Platform) DeleteCustomer(ctx context.Context, r DeleteCustomerRequest) (*Customer, error) {
	verb := simpleVerb[Customer]{name: "delete customer", kind: &customerKind, replayed: (*Customer).replay, target: r.CustomerID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Customer, error) {
		k, err := p.customer(u, r.CustomerID)
		if err != nil {
			return nil, err
		}
		for _, id := range k.Sources {
			s, err := savedSourceKind.Get(u, id)
			if err == nil {
				err = p.endSource(u, s, SourceDetached, "customer_deleted")
			}
			if err != nil {
				return nil, err
			}
		}
		k.Deleted, k.Email, k.Name, k.Description, k.Metadata = u.At(), "", "", "", nil
		k.Sources, k.DefaultSource = nil, ""
		k.Work.Later(u.At())
		return k, p.putCustomer(u, k, EventCustomerDeleted)
	})
}

// lacks takes a source off a customer's list.
func (k *Customer) lacks(source string) {
	k.Sources = slices.DeleteFunc(k.Sources, func(id string) bool { return id == source })
	if k.DefaultSource == source {
		k.DefaultSource = ""
	}
}

// customer returns a customer of the platform who was not deleted, expected
// unchanged.
func (p *Platform) customer(u *ledger.Unit, id string) (*Customer, error) {
	k, err := customerKind.Get(u, id)
	switch {
	case err != nil:
		return nil, notFoundOr(err, "customer")
	case k.Platform != p.id:
		return nil, notFound("customer")
	case !k.Deleted.IsZero():
		return nil, badState("customer_deleted", "customer", "the customer was deleted")
	}
	return k, nil
}

func (p *Platform) putCustomer(u *ledger.Unit, k *Customer, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: customerKind.ID(k.ID)})
	return customerKind.Put(u, k.ID, k)
}

// GetCustomer returns a customer of the platform, also one that was deleted.
func (p *Platform) GetCustomer(ctx context.Context, id string) (*Customer, error) {
	return get(ctx, p, &customerKind, id, "customer", func(k *Customer) string { return k.Platform })
}

var customerLister = &lister[Customer]{what: "customers", kind: &customerKind, account: "account", platform: func(k *Customer) string { return k.Platform }}

// ListCustomers returns a page of the platform's customers, or of an account's.
func (p *Platform) ListCustomers(ctx context.Context, r ListRequest) (*List[Customer], error) {
	return customerLister.page(ctx, p, r)
}

// Customers walks the platform's customers, newest first.
func (p *Platform) Customers(ctx context.Context, r ListRequest) iter.Seq2[*Customer, error] {
	return customerLister.each(ctx, p, r, func(k *Customer) string { return k.ID })
}
