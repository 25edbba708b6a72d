package connect_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// snapshot returns everything that can be seen of a store: accounts with their
// entries, events, and through the events the objects. Two equal snapshots are
// two equal stores.
func snapshot(t testing.TB, s ledger.Store) string {
	t.Helper()
	var all struct {
		Accounts []ledger.Account
		Entries  [][]ledger.Posted
		Events   []ledger.Event
		Objects  []string
	}
	err := s.Read(context.Background(), func(v ledger.View) error {
		q := ledger.AccountQuery{Limit: ledger.MaxPage}
		for {
			list, err := v.AccountsOf(q)
			if err != nil {
				return err
			}
			all.Accounts = append(all.Accounts, list...)
			for _, a := range list {
				entries, err := v.Entries(a.Ref, ledger.Page{Limit: ledger.MaxPage})
				if err != nil {
					return err
				}
				all.Entries = append(all.Entries, entries)
			}
			if len(list) < ledger.MaxPage {
				break
			}
			q.After = list[len(list)-1].Ref
		}
		var cursor ledger.Cursor
		for {
			list, next, err := v.Events(cursor, "", ledger.MaxPage)
			if err != nil {
				return err
			}
			for _, e := range list {
				objects, err := v.Objects(e.Object)
				if err != nil {
					return err
				}
				all.Objects = append(all.Objects, string(objects[0].Data))
			}
			all.Events, cursor = append(all.Events, list...), next
			if len(list) < ledger.MaxPage {
				return nil
			}
		}
	})
	require.NoError(t, err)
	text, err := json.Marshal(all)
	require.NoError(t, err)
	return string(text)
}
