package oauth

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// resource answers reads with an access token, which is in the header and nowhere else:
// the account, balance, balance_transactions, charges, refunds, disputes, transfers,
// payouts and events under /v1/, and single ones by their id.
func (p *Provider) resource(w http.ResponseWriter, r *http.Request) {
	on, err := p.bearer(r)
	var out any
	if err == nil {
		out, err = read(r, on)
	}
	var e *ledger.Error
	switch bad := (*problem)(nil); {
	case errors.As(err, &bad):
		p.json(w, bad.status, map[string]string{"error": bad.code, "error_description": ascii(bad.text)})
	case errors.Is(err, errToken):
		w.Header().Set("WWW-Authenticate", `Bearer realm="souk", error="invalid_token"`)
		p.json(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"})
	case errors.Is(err, ledger.NotFound):
		p.json(w, http.StatusNotFound, map[string]string{"error": "not_found"})
	case errors.Is(err, ledger.Forbidden):
		w.Header().Set("WWW-Authenticate", `Bearer realm="souk", error="insufficient_scope"`)
		p.json(w, http.StatusForbidden, map[string]string{"error": "insufficient_scope"})
	case errors.As(err, &e) && e.Class == ledger.Invalid:
		p.json(w, http.StatusBadRequest, map[string]string{"error": e.Code, "field": e.Field})
	case err != nil:
		p.refuse(w, r, err, "")
	default:
		p.json(w, http.StatusOK, out)
	}
}

// bearer returns what the token of a request opens.
func (p *Provider) bearer(r *http.Request) (*connect.Platform, error) {
	if r.URL.Query().Has("access_token") {
		return nil, bad("invalid_request", "a token is in the header")
	}
	kind, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if len(r.Header.Values("Authorization")) != 1 || !strings.EqualFold(kind, "Bearer") || len(secret) > longest || !strings.HasPrefix(secret, accessPrefix) {
		return nil, errToken
	}
	t, err := tokenKind.Read(r.Context(), p.c.Engine.Store(), tokenKind.Prefix+hash(secret))
	if err == nil && t.Refresh {
		err = errToken
	}
	if err != nil {
		return nil, unknown(err)
	}
	fam, err := familyKind.Read(r.Context(), p.c.Engine.Store(), t.Family)
	if err != nil {
		return nil, unknown(err)
	}
	return p.opens(r, t, fam)
}

func unknown(err error) error {
	if errors.Is(err, ledger.NotFound) {
		return errToken
	}
	return err
}

// read reads what the path names.
func read(r *http.Request, on *connect.Platform) (any, error) {
	ctx, q := r.Context(), r.URL.Query()
	name, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, PathResource), "/")
	limit := 0
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100 {
			return nil, bad("invalid_limit", "a page holds 1 to 100 objects")
		}
		limit = n
	}
	list := connect.ListRequest{After: q.Get("after"), Limit: limit}
	one := id != ""
	switch {
	case name == "account" && !one:
		page, err := on.ListAccounts(ctx, connect.ListRequest{Limit: 1})
		if err != nil || len(page.Items) == 0 {
			return nil, err
		}
		return page.Items[0], nil
	case name == "balance" && !one:
		return on.Balance(ctx, "")
	case name == "balance_transactions" && one:
		return on.GetBalanceTransaction(ctx, id)
	case name == "balance_transactions":
		return on.ListBalanceTransactions(ctx, connect.BalanceTransactionsRequest{After: list.After, Limit: limit})
	case name == "charges" && one:
		return on.GetCharge(ctx, id)
	case name == "charges":
		return on.ListCharges(ctx, list)
	case name == "refunds" && one:
		return on.GetRefund(ctx, id)
	case name == "refunds":
		return on.ListRefunds(ctx, list)
	case name == "disputes" && one:
		return on.GetDispute(ctx, id)
	case name == "disputes":
		return on.ListDisputes(ctx, list)
	case name == "transfers" && one:
		return on.GetTransfer(ctx, id)
	case name == "transfers":
		return on.ListTransfers(ctx, list)
	case name == "payouts" && one:
		return on.GetPayout(ctx, id)
	case name == "payouts":
		return on.ListPayouts(ctx, list)
	case name == "events" && !one:
		events, next, err := on.Events(ctx, ledger.Cursor(list.After), limit)
		return map[string]any{"events": events, "next": next}, err
	}
	return nil, ledger.NotFound
}
