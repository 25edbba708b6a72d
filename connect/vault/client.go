package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
)

// ClientConfig sets a client up.
type ClientConfig struct {
	URL    string        // where Inside is mounted: https, or this machine
	Secret func() string // of the Insider
	HTTP   *http.Client  // nil: one of the standard library's, which gives up after 15 seconds
}

// Client asks a vault that runs by itself, from another program of the host's. It is safe
// for use by several goroutines.
type Client struct {
	c    ClientConfig
	base string
}

// NewClient makes a client. It asks nothing yet.
func NewClient(c ClientConfig) (*Client, error) {
	u, err := url.Parse(c.URL)
	local := err == nil && u.Scheme == "http" && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1")
	switch {
	case err != nil, u.Scheme != "https" && !local, u.Host == "", u.User != nil, u.RawQuery != "", u.Fragment != "":
		return nil, badField("invalid_config", "url", "the address is one of https, or of this machine")
	case c.Secret == nil:
		return nil, badField("invalid_config", "secret", "the vault is shown a secret")
	}
	h := http.Client{Timeout: 15 * time.Second}
	if c.HTTP != nil {
		h = *c.HTTP
	}
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the secret goes nowhere else
	c.HTTP = &h
	return &Client{c, strings.TrimSuffix(c.URL, "/")}, nil
}

// Use is Vault.Use. An answer that was lost is of class Unknown: the same key finds it out.
func (c *Client) Use(ctx context.Context, r UseRequest) (*Reference, error) {
	ref := new(Reference)
	if err := c.ask(ctx, "use", useForm(r), ref, ledger.Unknown); err != nil {
		return nil, err
	}
	return ref, nil
}

// Erase is Vault.Erase. An answer that was lost is of class Unknown: asking again does what
// was not done.
func (c *Client) Erase(ctx context.Context, r EraseRequest) (*Erasure, error) {
	done := new(Erasure)
	if err := c.ask(ctx, "erase", eraseForm(r), done, ledger.Unknown); err != nil {
		return nil, err
	}
	return done, nil
}

// Detokeniser is Vault.Detokeniser; the holder's name is that of the Insider.
func (c *Client) Detokeniser(kind Kind) sealed.Detokeniser { return &remote{c, kind} }

// remote opens by way of a client.
type remote struct {
	c    *Client
	kind Kind
}

// Detokenise implements sealed.Detokeniser.
func (o *remote) Detokenise(ctx context.Context, r sealed.Request) ([]sealed.Opened, error) {
	if err := checkOpen(r); err != nil {
		return nil, err
	}
	var list []openedForm
	if err := o.c.ask(ctx, "detokenise", openForm{o.kind, r.Purpose, r.Tokens}, &list, ledger.Unavailable); err != nil {
		return nil, err
	}
	if len(list) != len(r.Tokens) {
		return nil, strange()
	}
	opened := make([]sealed.Opened, len(list))
	for i, f := range list {
		opened[i].Token = r.Tokens[i]
		if f.Error != nil {
			opened[i].Err = f.Error.err()
			continue
		}
		opened[i].Country, opened[i].Currency, opened[i].Fields = f.Country, f.Currency, sealed.NewClear(f.Fields)
	}
	return opened, nil
}

// maxAnswer is how much of an answer is read: a thousand details have less.
const maxAnswer = 16 << 20

// ask posts a form and reads the answer. lost is the class of an answer that did not come,
// or that is none. Nothing of an answer is in an error, since account numbers are.
func (c *Client) ask(ctx context.Context, verb string, form, into any, lost ledger.Class) error {
	data, err := json.Marshal(form)
	if err != nil {
		return badRequest("it has no JSON")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/v1/"+verb, bytes.NewReader(data))
	if err != nil {
		return badField("invalid_config", "url", "there can be no such request")
	}
	r.Header.Set("Authorization", "Bearer "+c.c.Secret())
	r.Header.Set("Content-Type", "application/json")
	noAnswer := &ledger.Error{Class: lost, Code: "no_answer", Op: op, Msg: "the vault was not heard"}
	answer, err := c.c.HTTP.Do(r)
	if err != nil {
		return noAnswer
	}
	defer func() { _ = answer.Body.Close() }() // it was read, or is given up
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return noAnswer
	}
	if answer.StatusCode != http.StatusOK {
		var refused insideRefusal
		if json.Unmarshal(text, &refused) != nil || refused.Error == nil {
			return noAnswer
		}
		return refused.Error.err()
	}
	if json.Unmarshal(text, into) != nil {
		return noAnswer
	}
	return nil
}

// err is the error that the vault told of.
func (e *insideError) err() error {
	for class := ledger.NotFound; class <= ledger.Unknown; class++ {
		if class.String() == e.Class {
			return &ledger.Error{Class: class, Code: e.Code, Field: e.Field, Op: op, Msg: e.Message}
		}
	}
	return strange()
}

func strange() error {
	return &ledger.Error{Class: ledger.Unavailable, Code: "no_answer", Op: op, Msg: "the answer is none of a vault"}
}
