package connect

import (
	"fmt"
	"slices"
	"strings"
)

// ScopesDocument is docs/scopes.md.
func ScopesDocument() string {
	var b strings.Builder
	b.WriteString(`# Scopes

Made from the table in ` + "`connect/scope_table.go`" + `, by a test that also tries every verb against it.

A **secret key** opens all verbs of its platform. A **publishable key** opens none. A
**restricted key** opens the groups that it has: ` + "`read`" + `, or ` + "`write`" + ` and read. The groups
` + "`keys` and `settings`" + ` are of secret keys alone, so that no key can give itself more.

What a platform may do depends on how it stands to an account:

| relation | what ` + "`Platform.On`" + ` opens |
|---|---|
| own | the platform itself: every verb |
| managed: it made the account | every verb, on that account |
| connected, ` + "`read_only`" + ` | the verbs below that say so |
| connected, ` + "`read_write`" + ` | these, and those below that say so |
| … and it controls payouts (` + "`Connection.Controls`" + `) | these, and those below that say "controls" |
| revoked, foreign, unknown | nothing: the account is not found, in the same words |

Of a connected account a platform sees whole what it has made itself, and of the rest how
much, when and what. Bank details, identity and tax numbers, keys, and names, customers and
commissions of other platforms are in none of it. After a connection is revoked, refunds,
disputes and reserves that are open run on.

| verb | group | access | connected |
|---|---|---|---|
`)
	list := VerbScopes()
	slices.SortStableFunc(list, func(a, b VerbScope) int { return strings.Compare(string(a.Group), string(b.Group)) })
	for _, v := range list {
		connected := "–"
		if v.Connected != "" {
			connected = "`" + string(v.Connected) + "`"
		}
		if v.Controls {
			connected += ", controls"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", v.Verb, v.Group, v.Access, connected)
	}
	return b.String()
}
