package oauth

import (
	"github.com/soukhq/souk/connect"
)

// Consent is what the consent page shows. The template of a host draws it with a form that
// posts request, check, account (an id, or "new" where CanOpen) and decision (allow or
// deny) to Action.
type Consent struct {
	Platform connect.Profile // who asks
	Host     string          // to where the user is sent back
	Accounts []UserAccount
	CanOpen  bool // the user may open an account here
	Write    bool // more than reading is asked for
	Prefill  map[string]string
	Action   string
	Request  string
	Check    string
	Nonce    string // of a style element, by the page's policy
}

// Name is how the platform shows itself.
func (c *Consent) Name() string {
	if b := c.Platform.Branding; b != nil && b.DisplayName != "" {
		return b.DisplayName
	}
	return c.Platform.Name
}

const consentPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Connect your account</title>
<style nonce="{{.Nonce}}">body{font:16px/1.5 sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem}button{font:inherit;padding:.6rem 1.2rem;margin-right:.5rem}label{display:block;margin:.5rem 0}</style>
</head>
<body>
<main>
<h1>Connect your account to {{.Name}}?</h1>
<p>{{.Name}} will send you back to <strong>{{.Host}}</strong>.</p>
<p>{{.Name}} will be able to:</p>
<ul>
<li>see how your account stands: balances, payments, refunds, disputes, transfers and payouts</li>
{{if .Write}}<li>take and refund payments for you, and answer disputes</li>{{end}}
</ul>
<p>It sees neither your bank details nor your identity documents. You can end this at any time.</p>
<form method="post" action="{{.Action}}">
<input type="hidden" name="request" value="{{.Request}}">
<input type="hidden" name="check" value="{{.Check}}">
<fieldset><legend>Account</legend>
{{range $i, $a := .Accounts}}<label><input type="radio" name="account" value="{{$a.ID}}"{{if eq $i 0}} checked{{end}}> {{$a.Name}}</label>{{end}}
{{if .CanOpen}}<label><input type="radio" name="account" value="new"{{if not .Accounts}} checked{{end}}> Open a new account</label>{{end}}
</fieldset>
<p><button type="submit" name="decision" value="allow">Connect</button><button type="submit" name="decision" value="deny">Cancel</button></p>
</form>
</main>
</body>
</html>
`
